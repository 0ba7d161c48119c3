import type { DefinitionSource } from '../definition.ts';
import { DecodeError } from '../errors.ts';
import { MAX_JSON_NODES } from '../limits.ts';
import type { ResourceType } from '../value.ts';
import { describeJson, fieldOf, isJsonObject, type JsonObject } from './json-object.ts';
import { TYPE_NAMES, type NodeJson } from './node-json.ts';

export type Kind = NodeJson['kind'];

/** What the reading of one JSON document shares. */
export interface Reader {
  readonly definitions: DefinitionSource | undefined;
  /** See `NodeFromJsonOptions`. */
  readonly refuseOtherTypes: boolean;
  /** Nodes and values that were seen. */
  count: number;
}

/** The JSON object of one node. */
export interface Item {
  readonly reader: Reader;
  readonly fields: JsonObject;
  readonly kind: Kind;
  /** Where it is, as a JSON pointer (RFC 6901). */
  readonly place: string;
}

/** The field that tells the kind of a node that does not state it. */
const KIND_OF_FIELD = {
  instances: 'obj',
  resources: 'instance',
  values: 'multiResource',
  value: 'singleResource',
} as const satisfies Readonly<Record<string, Kind>>;
const TYPES: ReadonlyMap<string, ResourceType> = new Map(
  (Object.keys(TYPE_NAMES) as ResourceType[]).map((type) => [TYPE_NAMES[type], type]),
);
const ID = /^(?:0|[1-9]\d{0,4})$/;
const TYPE_NAME = /^[A-Za-z_]{1,20}$/;
const MAX_ID = 65535;

/** The error for what is at the place. There is no offset: the text that the JSON was parsed from is not known. */
export function wrong(expected: string, found: string, place: string): DecodeError {
  return new DecodeError('ERR_LWM2M_DECODE', `${expected} at ${place === '' ? 'the top' : place}`, found, 0, {
    pointer: place,
  });
}

/** Counts nodes and values, and refuses too many. */
export function count(reader: Reader, more: number, place: string): void {
  reader.count += more;
  if (reader.count > MAX_JSON_NODES) throw wrong(`at most ${MAX_JSON_NODES} nodes and values`, 'more', place);
}

/** Reads what a node is, which has to be one of the kinds. */
export function readItem(reader: Reader, json: unknown, kinds: readonly Kind[], place: string): Item {
  count(reader, 1, place);
  if (!isJsonObject(json)) throw wrong('a node', describeJson(json), place);
  const stated = fieldOf(json, 'kind');
  const kind = stated === undefined ? impliedKind(json) : stated;
  const known = kinds.find((candidate) => candidate === kind);
  if (known !== undefined) return { reader, fields: json, kind: known, place };
  const found = stated === undefined ? 'one without it' : typeof stated === 'string' ? 'another' : describeJson(stated);
  throw wrong(`a node of kind ${kinds.join(' or ')}`, found, place);
}

function impliedKind(fields: JsonObject): Kind | undefined {
  const names = Object.keys(KIND_OF_FIELD) as (keyof typeof KIND_OF_FIELD)[];
  const [name, ...others] = names.filter((candidate) => Object.hasOwn(fields, candidate));
  return name === undefined || others.length > 0 ? undefined : KIND_OF_FIELD[name];
}

/** Reads the id, which has to be that of the path when it is known. */
export function readId({ fields, place }: Item, idOfPath: number | undefined): number {
  const json = fieldOf(fields, 'id');
  const id = typeof json === 'string' && ID.test(json) ? Number(json) : json;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_ID) {
    throw wrong('an id of 0 to 65535', describeJson(json), `${place}/id`);
  }
  if (idOfPath !== undefined && id !== idOfPath) throw wrong('the id of the path', 'another', `${place}/id`);
  return id + 0;
}

/** Reads the type, which may be of any case. */
export function readType({ fields, place }: Item): ResourceType {
  const json = fieldOf(fields, 'type');
  const type = typeof json === 'string' && TYPE_NAME.test(json) ? TYPES.get(json.toUpperCase()) : undefined;
  if (type === undefined) throw wrong('the name of a type', describeJson(json), `${place}/type`);
  return type;
}

/** Reads the array in a field. */
export function readArray(fields: JsonObject, name: string, place: string): readonly unknown[] {
  const json = fieldOf(fields, name);
  if (!Array.isArray(json)) throw wrong('an array', describeJson(json), `${place}/${name}`);
  return json;
}

/** Reads the nodes in a field, in ascending order of their ids. */
export function readChildren<T extends { readonly id: number }>(
  { reader, fields, place }: Pick<Item, 'reader' | 'fields' | 'place'>,
  name: string,
  kinds: readonly Kind[],
  read: (item: Item) => T,
): T[] {
  const children: T[] = [];
  for (const [index, json] of readArray(fields, name, place).entries()) {
    children.push(read(readItem(reader, json, kinds, `${place}/${name}/${index}`)));
  }
  children.sort((a, b) => a.id - b.id);
  if (children.some(({ id }, index) => id === children[index + 1]?.id)) {
    throw wrong('each id once', 'a repeated one', `${place}/${name}`);
  }
  return children;
}

/** Reads the values of a multiple Resource by their ids, in ascending order. */
export function readEntries({ reader, fields, place }: Item): [id: number, json: unknown][] {
  const json = fieldOf(fields, 'values');
  if (!isJsonObject(json)) throw wrong('an object of values by their ids', describeJson(json), `${place}/values`);
  const keys = Object.keys(json);
  count(reader, keys.length, `${place}/values`);
  const entries = keys.map((key): [number, unknown] => {
    const id = ID.test(key) ? Number(key) : Infinity;
    if (id > MAX_ID) throw wrong('ids of 0 to 65535', 'another key', `${place}/values`);
    return [id, json[key]];
  });
  return entries.sort(([a], [b]) => a - b);
}
