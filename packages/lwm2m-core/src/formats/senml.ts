import { decodeSenmlCbor, decodeSenmlJson, encodeSenmlCbor, encodeSenmlJson, resolveSenml } from '@flownexus/senml';
import type { ResolvedSenmlRecord, SenmlRecord } from '@flownexus/senml';
import type { DefinitionSource } from '../definition.ts';
import type { ResourceRecord } from '../node.ts';
import { UNASSIGNED_INSTANCE_ID } from '../node-tree.ts';
import { formatObjectLink, parseObjectLink } from '../object-link.ts';
import { formatPath, parsePath, pathLevel, pathStartsWith, withPrefix } from '../path.ts';
import type { Path, PathLevel } from '../path.ts';
import { encodableValue, typeNumber, typeText } from '../typed-value.ts';
import type { TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { declaredType, decodeError, encodeError } from './format.ts';
import type { DecodedRecords, DecodeOptions, EncodeOptions } from './format.ts';

/** A record while its fields are set. */
type RecordDraft = { -readonly [Field in keyof SenmlRecord]: SenmlRecord[Field] };

/** The two representations of SenML. */
export type SenmlForm = 'json' | 'cbor';

/**
 * Decodes a SenML payload (TS Core §7.5.6, §7.5.7). Every name has to be of a Resource or Resource Instance at or below
 * the path.
 *
 * @throws DecodeError, SenmlError when it is no SenML
 */
export function decodeSenml(
  bytes: Uint8Array,
  form: SenmlForm,
  path: Path,
  definitions: DefinitionSource | undefined,
  options: DecodeOptions,
): DecodedRecords {
  const root = rootOf(options.rootPath);
  const resolved = resolve(bytes, form, options);
  const records: ResourceRecord[] = [];
  for (let index = 0; index < resolved.length; index += 1) {
    const record = resolved[index];
    if (record === undefined) break;
    const recordPath = belowRequest(parseName(record.name, root, index), path);
    if (recordPath.resourceId === undefined) throw recordError('the path of a Resource', 'one above', index);
    if (!pathStartsWith(recordPath, path)) throw recordError('a path at or below the requested one', 'another', index);
    const { type, value } = readValue(record, declaredType(recordPath, definitions), index);
    records.push({ path: recordPath, type, value, time: record.time });
  }
  return { records, containers: [] };
}

/**
 * Encodes records. Their names are relative to a base name, the path; a single Resource has all of its name there.
 * Times go into a base time and differences to it when all records have one that is integral.
 *
 * @throws Lwm2mError `ERR_LWM2M_ENCODE`, SenmlError for numbers that JSON has no form for, RangeError for a record
 * outside of the path
 */
export function encodeSenml(
  records: readonly ResourceRecord[],
  form: SenmlForm,
  path: Path,
  definitions: DefinitionSource | undefined,
  options: EncodeOptions,
): Uint8Array {
  const level = pathLevel(path);
  let isOneResource = true;
  let isSeries = records.length > 0;
  for (const record of records) {
    if (!pathStartsWith(record.path, path)) throw new RangeError(`a record outside of ${formatPath(path)}`);
    if (record.path.objectInstanceId === UNASSIGNED_INSTANCE_ID) {
      throw encodeError('expected the id of the Object Instance for SenML, found none');
    }
    if (pathLevel(record.path) !== level) isOneResource = false;
    if (!Number.isSafeInteger(record.time)) isSeries = false;
  }
  const base = rootOf(options.rootPath) + formatPath(path);
  const baseTime = isSeries ? (records[0]?.time ?? 0) : 0;
  const pack: SenmlRecord[] = [];
  for (const record of records) {
    const fields: RecordDraft = {};
    if (pack.length === 0) {
      fields.bn = isOneResource || base.endsWith('/') ? base : `${base}/`;
      if (isSeries) fields.bt = baseTime;
    }
    if (!isOneResource) fields.n = nameBelow(record.path, level);
    if (record.time !== undefined && !(isSeries && record.time === baseTime)) fields.t = record.time - baseTime;
    setValue(fields, record, definitions);
    pack.push(fields);
  }
  return form === 'json' ? encodeSenmlJson(pack) : encodeSenmlCbor(pack);
}

/** What follows the path of that level, and a slash, in the text of the path. */
function nameBelow(path: Path, level: PathLevel): string {
  const { objectInstanceId, resourceId, resourceInstanceId } = path;
  if (level === 0) return formatPath(path).slice(1);
  if (level === 3) return String(resourceInstanceId);
  const resource = level === 2 ? String(resourceId) : `${String(objectInstanceId)}/${String(resourceId)}`;
  return resourceInstanceId === undefined ? resource : `${resource}/${String(resourceInstanceId)}`;
}

/**
 * Decodes a list of paths, as the request of a Read-Composite or Observe-Composite has it: names without values.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE`, SenmlError when it is no SenML
 */
export function decodeSenmlPaths(bytes: Uint8Array, form: SenmlForm, options: DecodeOptions): Path[] {
  return resolve(bytes, form, options).map((record, index) => {
    if (hasValue(record) || record.time !== undefined) throw recordError('a name alone', 'a value or a time', index);
    return parseName(record.name, rootOf(options.rootPath), index);
  });
}

/** Encodes a list of paths, each as the whole name of a record. */
export function encodeSenmlPaths(paths: readonly Path[], form: SenmlForm, options: EncodeOptions): Uint8Array {
  const pack = paths.map((path) => ({ n: rootOf(options.rootPath) + formatPath(path) }));
  return form === 'json' ? encodeSenmlJson(pack) : encodeSenmlCbor(pack);
}

function resolve(bytes: Uint8Array, form: SenmlForm, options: DecodeOptions): ResolvedSenmlRecord[] {
  const pack = form === 'json' ? decodeSenmlJson(bytes) : decodeSenmlCbor(bytes);
  return resolveSenml(pack, options.now === undefined ? {} : { now: options.now });
}

// A fleet of devices has few distinct names: looking one up takes a third of the time of parsing it.
const MAX_KNOWN_NAMES = 4096;
const MAX_KNOWN_NAME_LENGTH = 48;
const knownNames = new Map<string, Path>();

/** Leading zeros, as Wakaama's tests have them, and one slash at the end of a base name without name are tolerated. */
function parseName(name: string, root: string, index: number): Path {
  let text = isBelow(name, root) ? name.slice(root.length) : name;
  const known = knownNames.get(text);
  if (known !== undefined) return known;
  const isShort = text.length <= MAX_KNOWN_NAME_LENGTH;
  const key = text;
  if (text.length > 1 && text.endsWith('/')) text = text.slice(0, -1);
  if (/(?:^|\/)0\d/.test(text)) text = text.replaceAll(/(^|\/)0+(?=\d)/g, '$1');
  let path: Path;
  try {
    path = parsePath(text);
  } catch (cause) {
    throw decodeError(`a path as the name of record ${String(index)}`, 'another name', 0, cause);
  }
  if (isShort) {
    if (knownNames.size === MAX_KNOWN_NAMES) knownNames.clear();
    // Shared by all records of that name, so nobody may change it.
    knownNames.set(key, Object.freeze(path));
  }
  return path;
}

function isBelow(name: string, root: string): boolean {
  return name.startsWith(root) && (name.length === root.length || name.charAt(root.length) === '/');
}

/** Gateways that leave the prefix out of the names of their answer mean the device that was asked for. */
function belowRequest(recordPath: Path, path: Path): Path {
  return path.prefix !== undefined && recordPath.prefix === undefined
    ? withPrefix(recordPath, path.prefix)
    : recordPath;
}

/** The alternate path as names start with it: nothing where there is none. */
function rootOf(rootPath: string | undefined): string {
  return rootPath === undefined || rootPath === '/' ? '' : rootPath;
}

function hasValue(record: ResolvedSenmlRecord): boolean {
  const { v, vs, vb, vd, vlo, sum } = record;
  return [v, vs, vb, vd, vlo, sum].some((value) => value !== undefined);
}

function readValue(record: ResolvedSenmlRecord, declared: ResourceType | undefined, index: number): TypedValue {
  if (record.v !== undefined) {
    const typed = typeNumber(record.v, declared);
    if (typed === undefined) throw recordError('an integer of 64 bits', 'a longer one', index);
    return typed;
  }
  if (record.vs !== undefined) return typeText(record.vs, declared);
  if (record.vb !== undefined) return { type: 'boolean', value: record.vb };
  if (record.vd !== undefined) return { type: 'opaque', value: record.vd };
  if (record.vlo !== undefined) {
    const value = parseObjectLink(record.vlo);
    if (value === undefined) throw recordError('two ids as vlo', 'other text', index);
    return { type: 'objlnk', value };
  }
  throw recordError('a value', 'none', index);
}

function setValue(fields: RecordDraft, record: ResourceRecord, definitions: DefinitionSource | undefined): void {
  const value = encodableValue(record.type, record.value, declaredType(record.path, definitions));
  switch (value.kind) {
    case 'text':
      fields.vs = value.text;
      return;
    case 'integer':
      fields.v = value.integer;
      return;
    case 'float':
      fields.v = value.float;
      fields.float = true;
      return;
    case 'boolean':
      fields.vb = value.boolean;
      return;
    case 'bytes':
      fields.vd = value.bytes;
      return;
    case 'link':
      fields.vlo = formatObjectLink(value.link);
  }
}

function recordError(expected: string, found: string, index: number): Error {
  return decodeError(expected, `${found} in record ${String(index)}`, 0);
}
