import {
  type DefinitionSource,
  Lwm2mError,
  type Lwm2mNode,
  type ObjectInstanceNode,
  parseExecuteArguments,
  parsePath,
  type Path,
  recordsFromNode,
  type ResourceChange,
  type ResourceType,
  type ResourceValue,
} from '@flownexus/lwm2m-core';
import { nodeFromJson, nodesFromJson } from '@flownexus/lwm2m-core/node-json';
import { checkOperation, type Operation, type QueueOptions } from '@flownexus/lwm2m-server';
import type { JsonValue, ValueType } from '../http/api-types.ts';
import { ApiError } from '../http/errors.ts';
import { jsonForms, typeOfJson, valueOfJson } from '../values/json-value.ts';
import { lwm2mTypes, valueTypes } from '../values/value-columns.ts';
import type { OperationBody } from './operation-body.ts';

type BodyOf<Kind extends OperationBody['kind']> = Extract<OperationBody, { readonly kind: Kind }>;

/** Where something is in the body of a request: `body.value`. */
type Place = string;

/**
 * The operation that a body asks for.
 *
 * @param definitions what the endpoint has for Objects: values get the types that they declare
 * @param place of the body in that of the request: `body`
 * @throws ApiError 400 with the place for what can never be sent
 */
export function toOperation(body: OperationBody, definitions: DefinitionSource, place: Place): Operation {
  const operation = convert(body, definitions, place);
  checking(place, () => checkOperation(operation));
  return operation;
}

/** How the queue is to treat what a body asks for. */
export function toQueueOptions({ ttl, maxAttempts, repeatable, key }: OperationBody): QueueOptions {
  return {
    ...(ttl === undefined ? {} : { timeToLiveMs: ttl * 1000 }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(repeatable === undefined ? {} : { repeatable }),
    ...(key === undefined ? {} : { key }),
  };
}

function convert(body: OperationBody, definitions: DefinitionSource, place: Place): Operation {
  switch (body.kind) {
    case 'read':
      return { kind: 'read', path: body.path, ...defined({ accept: body.accept }) };
    case 'write':
      return { kind: 'write', path: body.path, mode: body.mode, node: writtenNode(body, definitions, place), ...formatOf(body) }; // prettier-ignore
    case 'execute':
      return { kind: 'execute', path: body.path, arguments: argumentsOf(body, place) };
    case 'create':
      return { kind: 'create', path: body.path, instance: createdInstance(body, definitions, place), ...formatOf(body) }; // prettier-ignore
    case 'delete':
      return { kind: 'delete', path: body.path };
    case 'discover':
      return { kind: 'discover', path: body.path, ...defined({ depth: body.depth }) };
    case 'writeAttributes':
      return { kind: 'writeAttributes', path: body.path, attributes: checking(`${place}.attributes`, () => flags(body.attributes)) }; // prettier-ignore
    case 'observe':
      return { kind: 'observe', path: body.path, ...defined({ attributes: body.attributes, accept: body.accept }) };
    case 'cancelObservation':
      return body.paths === undefined
        ? { kind: 'cancelObservation', paths: [body.path ?? ''], composite: false }
        : { kind: 'cancelObservation', paths: body.paths, composite: true };
    case 'readComposite':
      return { kind: 'readComposite', paths: body.paths, ...formatOf(body), ...defined({ accept: body.accept }) };
    case 'writeComposite':
      return { kind: 'writeComposite', changes: changesOf(body, definitions, place), ...formatOf(body) };
    case 'observeComposite':
      return { kind: 'observeComposite', paths: body.paths, ...formatOf(body), ...defined({ attributes: body.attributes, accept: body.accept }) }; // prettier-ignore
  }
}

function writtenNode(
  { path, value, values, type, node }: BodyOf<'write'>,
  definitions: DefinitionSource,
  place: Place,
): Lwm2mNode {
  // prettier-ignore
  if (node !== undefined) return checking(`${place}.node`, () => nodeFromJson(node, path, definitions));
  const at = parsePath(path);
  const { resourceId, resourceInstanceId } = at;
  if (resourceId === undefined) throw wrong(`${place}.value`, 'expected a node for an Object Instance');
  if (value !== undefined) {
    const typed = typedValue(value, at, type, definitions, `${place}.value`);
    return resourceInstanceId === undefined
      ? { kind: 'singleResource', id: resourceId, ...typed }
      : { kind: 'resourceInstance', id: resourceInstanceId, ...typed };
  }
  const entries = Object.entries(values ?? {}).map(([id, each]) => ({ id: Number(id), ...typedValue(each, at, type, definitions, `${place}.values.${id}`) })); // prettier-ignore
  const [first] = entries;
  if (first === undefined || resourceInstanceId !== undefined) {
    throw wrong(`${place}.values`, 'expected the values of the instances of a Resource');
  }
  return {
    kind: 'multipleResource',
    id: resourceId,
    type: first.type,
    instances: entries.sort((a, b) => a.id - b.id).map((entry) => ({ kind: 'resourceInstance', ...entry })),
  };
}

function createdInstance(
  { path, node }: BodyOf<'create'>,
  definitions: DefinitionSource,
  place: Place,
): ObjectInstanceNode {
  // prettier-ignore
  const created = checking(`${place}.node`, () => nodeFromJson(node, path, definitions));
  if (created.kind === 'objectInstance') return created;
  throw wrong(`${place}.node`, 'expected one Object Instance, with the path of its Object');
}

function argumentsOf({ arguments: given = [] }: BodyOf<'execute'>, place: Place) {
  if (typeof given === 'string') return checking(`${place}.arguments`, () => parseExecuteArguments(given));
  return given.map(({ digit, value }) => ({ digit, ...defined({ value }) }));
}

function changesOf(
  { values, nodes }: BodyOf<'writeComposite'>,
  definitions: DefinitionSource,
  place: Place,
): ResourceChange[] {
  // prettier-ignore
  if (values !== undefined) {
    return Object.entries(values).map(([text, value]): ResourceChange => {
      const path = parsePath(text);
      if (value === null) return { path, value };
      return { path, ...typedValue(value, path, undefined, definitions, `${place}.values.${text}`), time: undefined };
    });
  }
  const read = checking(`${place}.nodes`, () => nodesFromJson(nodes, definitions));
  return [...read].flatMap(([path, each]) => recordsFromNode(each, path));
}

function typedValue(
  json: JsonValue,
  { objectId, resourceId }: Path,
  stated: ValueType | undefined,
  definitions: DefinitionSource,
  place: Place,
): { readonly type: ResourceType; readonly value: ResourceValue } {
  const declared =
    objectId === undefined || resourceId === undefined ? undefined : definitions.resource(objectId, resourceId)?.type;
  const type = (stated === undefined ? declared : lwm2mTypes[stated]) ?? typeOfJson(json);
  const value = valueOfJson(json, type);
  if (value === undefined) throw wrong(place, `expected ${jsonForms[type]} (${valueTypes[type]})`);
  return { type, value };
}

/** Edge and con are 0 or 1. */
function flags({ edge, con, ...others }: BodyOf<'writeAttributes'>['attributes']) {
  const flag = (value: number): 0 | 1 => {
    if (value === 0 || value === 1) return value;
    throw new RangeError('edge and con are 0 or 1');
  };
  return {
    ...others,
    ...defined({ edge: typeof edge === 'number' ? flag(edge) : edge, con: typeof con === 'number' ? flag(con) : con }),
  };
}

function formatOf({ contentFormat }: { readonly contentFormat?: number | undefined }) {
  return defined({ contentFormat });
}

/** Without what is undefined. */
function defined<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [Name in keyof T]?: Exclude<T[Name], undefined> }; // prettier-ignore
}

/** What the library refuses, as an answer of 400. */
function checking<T>(place: Place, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof Lwm2mError || error instanceof RangeError || error instanceof TypeError) {
      throw wrong(place, error.message);
    }
    throw error;
  }
}

function wrong(path: Place, message: string): ApiError {
  return new ApiError(400, 'bad-body', `${path}: ${message}`, [{ path, message }]);
}
