import { decodeCbor, DEFAULT_LIMITS, mapPairOffset } from '@flownexus/senml';
import type { DefinitionSource } from '../definition.ts';
import { MAX_RECORDS } from '../limits.ts';
import type { ResourceRecord } from '../node.ts';
import { comparePaths, formatPath, isPrefix, pathOf, pathStartsWith, withPrefix } from '../path.ts';
import type { Path } from '../path.ts';
import { typeCborItem, withoutTags } from './cbor-item.ts';
import { declaredType, decodeError } from './format.ts';
import type { DecodedRecords } from './format.ts';
import { withinRequest } from './record-path.ts';

const MAX_ID = 65535;
const MAX_LEVELS = 4;

interface Reading {
  readonly bytes: Uint8Array;
  readonly requested: Path;
  readonly definitions: DefinitionSource | undefined;
  readonly records: ResourceRecord[];
  readonly containers: Path[];
  /** What the keys down to the map that is read say; the prefix has the outermost key. */
  readonly ids: number[];
  prefix: string | undefined;
  /** Which pair is read of each of the maps within each other, for errors. */
  readonly at: number[];
  /** The last path with a value or an empty map. */
  last: Path | undefined;
  /** What is there at each path; undefined as long as the paths are in their order, as nearly all payloads are. */
  taken: Map<string, Taken> | undefined;
}

/** Whether a Resource was there with a value or with instances; Resource Instances have a value. */
type Taken = 'value' | 'instances';

/**
 * Decodes an LwM2M CBOR payload (TS Core 1.2.2 §7.5.4): a map whose keys are an id or an array of ids, the ids in maps
 * within it going on from there. In front of the outermost ids may be the prefix of a device behind a gateway (TS Gateway
 * §6.2). Values may have tags. Names have no alternate path.
 *
 * A map without pairs is taken though the grammar has none: it is an empty answer, an empty Object Instance or an empty
 * multiple Resource, and the latter two are reported as containers.
 *
 * @throws DecodeError, SenmlError when it is not CBOR or has the same key twice in one map
 */
export function decodeLwm2mCbor(
  bytes: Uint8Array,
  path: Path,
  definitions: DefinitionSource | undefined,
): DecodedRecords {
  const root = withoutTags(decodeCbor(bytes, DEFAULT_LIMITS, { tags: true }));
  if (!(root instanceof Map)) throw decodeError('a map', 'another data item', 0);
  const reading: Reading = {
    bytes,
    requested: path,
    definitions,
    records: [],
    containers: [],
    ids: [],
    prefix: undefined,
    at: [],
    last: undefined,
    taken: undefined,
  };
  readMap(reading, root);
  return { records: reading.records, containers: reading.containers };
}

function readMap(reading: Reading, map: ReadonlyMap<unknown, unknown>): void {
  const { at, ids } = reading;
  const depth = at.length;
  const level = ids.length;
  at.push(0);
  for (const [key, item] of map) {
    readKey(reading, key);
    const value = withoutTags(item);
    if (!(value instanceof Map)) addRecord(reading, item);
    else if (value.size === 0) addContainer(reading);
    else readMap(reading, value);
    ids.length = level;
    at[depth] = (at[depth] ?? 0) + 1;
  }
  at.pop();
}

function readKey(reading: Reading, key: unknown): void {
  const { ids } = reading;
  const isOutermost = ids.length === 0;
  if (isOutermost) reading.prefix = undefined;
  if (!Array.isArray(key)) {
    readId(reading, key);
    return;
  }
  const first: unknown = key[0];
  const hasPrefix = isOutermost && typeof first === 'string';
  for (const id of hasPrefix ? key.slice(1) : key) readId(reading, id);
  if (key.length === (hasPrefix ? 1 : 0)) throw keyError(reading, 'an id in the key', 'none');
  if (hasPrefix) reading.prefix = readPrefix(reading, first);
}

function readId(reading: Reading, id: unknown): void {
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_ID) {
    throw keyError(reading, `an id up to ${String(MAX_ID)}`, 'something else in the key');
  }
  if (reading.ids.length === MAX_LEVELS) throw keyError(reading, `at most ${String(MAX_LEVELS)} ids`, 'more');
  reading.ids.push(id);
}

function readPrefix(reading: Reading, prefix: string): string {
  if (!isPrefix(prefix)) throw keyError(reading, 'the prefix of a device', 'other text');
  return prefix;
}

/** The path of what is at hand, which has to be at or below the requested one. */
function pathAt(reading: Reading): Path {
  const { ids, prefix } = reading;
  const named = withPrefix(pathOf(ids[0], ids[1], ids[2], ids[3]), prefix);
  const path = withinRequest(named, reading.requested);
  if (path === undefined) throw keyError(reading, 'a path at or below the requested one', 'another');
  return path;
}

function addContainer(reading: Reading): void {
  const path = pathAt(reading);
  if (path.resourceInstanceId !== undefined) throw valueError(reading, 'the value of a Resource Instance', 'a map');
  if (path.objectInstanceId === undefined) return;
  take(reading, path, 'instances');
  if (reading.containers.length === MAX_RECORDS) {
    throw keyError(reading, `at most ${String(MAX_RECORDS)} empty instances and Resources`, 'more');
  }
  reading.containers.push(path);
}

function addRecord(reading: Reading, item: unknown): void {
  const path = pathAt(reading);
  if (path.resourceId === undefined) throw valueError(reading, 'a map above the level of Resources', 'a value');
  if (reading.records.length === MAX_RECORDS) throw keyError(reading, `at most ${String(MAX_RECORDS)} values`, 'more');
  take(reading, path, 'value');
  const typed = typeCborItem(item, declaredType(path, reading.definitions));
  if (typed === undefined) throw valueError(reading, 'a value', 'another data item');
  reading.records.push({ path, type: typed.type, value: typed.value, time: undefined });
}

/*
 * The same path can be written in several ways, {3: {0: …}} and {[3, 0]: …}, so that distinct keys are not enough.
 */

function take(reading: Reading, path: Path, what: Taken): void {
  const { last } = reading;
  reading.last = path;
  if (reading.taken === undefined) {
    // Resource Instances right after the Resource itself are in order too, yet it may have a value.
    if (last === undefined || (comparePaths(last, path) < 0 && !pathStartsWith(path, last))) return;
    reading.taken = new Map();
    for (const container of reading.containers) takeAnywhere(reading, reading.taken, container, 'instances');
    for (const record of reading.records) takeAnywhere(reading, reading.taken, record.path, 'value');
  }
  takeAnywhere(reading, reading.taken, path, what);
}

function takeAnywhere(reading: Reading, taken: Map<string, Taken>, path: Path, what: Taken): void {
  if (path.resourceId === undefined) return;
  const name = formatPath(path);
  if (what === 'instances') {
    takeForInstances(reading, taken, name);
    return;
  }
  if (path.resourceInstanceId !== undefined) takeForInstances(reading, taken, name.slice(0, name.lastIndexOf('/')));
  const known = taken.get(name);
  if (known !== undefined) {
    throw keyError(reading, 'one value of a path', known === 'value' ? 'a second one' : 'Resource Instances too');
  }
  taken.set(name, 'value');
}

function takeForInstances(reading: Reading, taken: Map<string, Taken>, resourceName: string): void {
  if (taken.get(resourceName) === 'value') {
    throw keyError(reading, 'a value or Resource Instances', 'both');
  }
  taken.set(resourceName, 'instances');
}

function keyError(reading: Reading, expected: string, found: string): Error {
  return decodeError(expected, found, mapPairOffset(reading.bytes, reading.at).key);
}

function valueError(reading: Reading, expected: string, found: string): Error {
  return decodeError(expected, found, mapPairOffset(reading.bytes, reading.at).value);
}
