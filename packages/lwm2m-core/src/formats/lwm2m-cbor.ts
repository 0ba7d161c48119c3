import { decodeCbor, DEFAULT_LIMITS } from '@flownexus/senml';
import type { DefinitionSource } from '../definition.ts';
import { MAX_RECORDS } from '../limits.ts';
import type { ResourceRecord } from '../node.ts';
import { formatPath, pathOf, ROOT_PATH, withPrefix } from '../path.ts';
import type { Path } from '../path.ts';
import { typeCborItem, withoutTags } from './cbor-item.ts';
import { mapPairOffset } from './cbor-offset.ts';
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
  /** Whether a Resource was there with a value or with instances; Resource Instances have a value. */
  readonly taken: Map<string, 'value' | 'instances'>;
  /** Which pair is read of each of the maps within each other, for errors. */
  readonly at: number[];
}

/** What the keys down to a map or a value say. */
interface Position {
  readonly prefix: string | undefined;
  readonly ids: readonly number[];
}

/**
 * Decodes an LwM2M CBOR payload (TS Core 1.2.2 §7.5.4): a map whose keys are an id or an array of ids, the ids in maps
 * within it going on from there. In front of the outermost ids may be the prefix of a device behind a gateway (TS Gateway
 * §6.2). Values may have tags. Names have no alternate path.
 *
 * A map without pairs is taken though the grammar has none: it is an empty answer, an empty Object Instance or an empty
 * multiple Resource, and the latter two are reported as containers.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE`, SenmlError when it is not CBOR or has the same key twice in one map
 */
export function decodeLwm2mCbor(
  bytes: Uint8Array,
  path: Path,
  definitions: DefinitionSource | undefined,
): DecodedRecords {
  const root = withoutTags(decodeCbor(bytes, DEFAULT_LIMITS, { tags: true }));
  if (!(root instanceof Map)) throw decodeError('a map', 'another data item', 0);
  const rest = { records: [], containers: [], taken: new Map<string, 'value' | 'instances'>(), at: [] };
  const reading: Reading = { bytes, requested: path, definitions, ...rest };
  readMap(reading, root, { prefix: undefined, ids: [] });
  return { records: reading.records, containers: reading.containers };
}

function readMap(reading: Reading, map: ReadonlyMap<unknown, unknown>, above: Position): void {
  const depth = reading.at.length;
  reading.at.push(0);
  let index = 0;
  for (const [key, item] of map) {
    reading.at[depth] = index;
    index += 1;
    const position = readKey(reading, key, above);
    const value = withoutTags(item);
    if (!(value instanceof Map)) addRecord(reading, position, item);
    else if (value.size === 0) addContainer(reading, position);
    else readMap(reading, value, position);
  }
  reading.at.pop();
}

function readKey(reading: Reading, key: unknown, { prefix, ids }: Position): Position {
  const parts: readonly unknown[] = Array.isArray(key) ? key : [key];
  const [first] = parts;
  const hasPrefix = Array.isArray(key) && typeof first === 'string' && ids.length === 0;
  const newIds = [...ids];
  for (const id of hasPrefix ? parts.slice(1) : parts) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_ID) {
      throw keyError(reading, `an id up to ${String(MAX_ID)}`, 'something else in the key');
    }
    if (newIds.length === MAX_LEVELS) throw keyError(reading, `at most ${String(MAX_LEVELS)} ids`, 'more');
    newIds.push(id);
  }
  if (newIds.length === ids.length) throw keyError(reading, 'an id in the key', 'none');
  return { prefix: hasPrefix ? readPrefix(reading, first) : prefix, ids: newIds };
}

function readPrefix(reading: Reading, prefix: string): string {
  try {
    withPrefix(ROOT_PATH, prefix);
  } catch {
    throw keyError(reading, 'the prefix of a device', 'other text');
  }
  return prefix;
}

/** The path of what is at hand, which has to be at or below the requested one. */
function pathAt(reading: Reading, { prefix, ids }: Position): Path {
  const named = withPrefix(pathOf(ids[0], ids[1], ids[2], ids[3]), prefix);
  const path = withinRequest(named, reading.requested);
  if (path === undefined) throw keyError(reading, 'a path at or below the requested one', 'another');
  return path;
}

function addContainer(reading: Reading, position: Position): void {
  const path = pathAt(reading, position);
  if (path.resourceInstanceId !== undefined) throw valueError(reading, 'the value of a Resource Instance', 'a map');
  if (path.resourceId !== undefined) takeForInstances(reading, formatPath(path));
  if (path.objectInstanceId === undefined) return;
  if (reading.containers.length === MAX_RECORDS) {
    throw keyError(reading, `at most ${String(MAX_RECORDS)} empty instances and Resources`, 'more');
  }
  reading.containers.push(path);
}

function addRecord(reading: Reading, position: Position, item: unknown): void {
  const path = pathAt(reading, position);
  if (path.resourceId === undefined) throw valueError(reading, 'a map above the level of Resources', 'a value');
  if (reading.records.length === MAX_RECORDS) throw keyError(reading, `at most ${String(MAX_RECORDS)} values`, 'more');
  takeForValue(reading, path);
  const typed = typeCborItem(item, declaredType(path, reading.definitions));
  if (typed === undefined) throw valueError(reading, 'a value', 'another data item');
  reading.records.push({ path, type: typed.type, value: typed.value, time: undefined });
}

/*
 * The same path can be written in several ways, {3: {0: …}} and {[3, 0]: …}, so that distinct keys are not enough.
 */

function takeForValue(reading: Reading, path: Path): void {
  const name = formatPath(path);
  if (path.resourceInstanceId !== undefined) takeForInstances(reading, name.slice(0, name.lastIndexOf('/')));
  const taken = reading.taken.get(name);
  if (taken !== undefined) {
    throw keyError(reading, 'one value of a path', taken === 'value' ? 'a second one' : 'Resource Instances too');
  }
  reading.taken.set(name, 'value');
}

function takeForInstances(reading: Reading, resourceName: string): void {
  if (reading.taken.get(resourceName) === 'value') {
    throw keyError(reading, 'a value or Resource Instances', 'both');
  }
  reading.taken.set(resourceName, 'instances');
}

function keyError(reading: Reading, expected: string, found: string): Error {
  return decodeError(expected, found, mapPairOffset(reading.bytes, reading.at).key);
}

function valueError(reading: Reading, expected: string, found: string): Error {
  return decodeError(expected, found, mapPairOffset(reading.bytes, reading.at).value);
}
