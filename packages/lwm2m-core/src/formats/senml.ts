import { decodeSenmlCbor, decodeSenmlJson, encodeSenmlCbor, encodeSenmlJson, resolveSenml } from '@flownexus/senml';
import type { ResolvedSenmlRecord, SenmlRecord } from '@flownexus/senml';
import type { DefinitionSource } from '../definition.ts';
import type { ResourceRecord } from '../node.ts';
import { UNASSIGNED_INSTANCE_ID } from '../node-tree.ts';
import { formatObjectLink, parseObjectLink } from '../object-link.ts';
import { formatPath, parsePath, pathLevel, pathStartsWith } from '../path.ts';
import type { Path } from '../path.ts';
import { encodableValue, typeNumber, typeText } from '../typed-value.ts';
import type { TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { declaredType, decodeError, encodeError } from './format.ts';
import type { DecodedRecords, DecodeOptions, EncodeOptions } from './format.ts';

/** The two representations of SenML. */
export type SenmlForm = 'json' | 'cbor';

/**
 * Decodes a SenML payload (TS Core §7.5.6, §7.5.7). Every name has to be of a Resource or Resource Instance at or below
 * the path.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE`, SenmlError when it is no SenML
 */
export function decodeSenml(
  bytes: Uint8Array,
  form: SenmlForm,
  path: Path,
  definitions: DefinitionSource | undefined,
  options: DecodeOptions,
): DecodedRecords {
  const records = resolve(bytes, form, options).map((record, index): ResourceRecord => {
    const recordPath = parseName(record.name, options.rootPath, index);
    if (recordPath.resourceId === undefined) throw recordError('the path of a Resource', 'one above', index);
    if (!pathStartsWith(recordPath, path)) throw recordError('a path at or below the requested one', 'another', index);
    const { type, value } = readValue(record, declaredType(recordPath, definitions), index);
    return { path: recordPath, type, value, time: record.time };
  });
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
  const isOneResource = records.every((record) => pathLevel(record.path) === pathLevel(path));
  const base = rootOf(options.rootPath) + formatPath(path);
  const baseName = isOneResource || base.endsWith('/') ? base : `${base}/`;
  const isSeries = records.length > 0 && records.every((record) => Number.isSafeInteger(record.time));
  const baseTime = isSeries ? (records[0]?.time ?? 0) : 0;
  const pack = records.map((record, index): SenmlRecord => {
    if (!pathStartsWith(record.path, path)) throw new RangeError(`a record outside of ${formatPath(path)}`);
    if (record.path.objectInstanceId === UNASSIGNED_INSTANCE_ID) {
      throw encodeError('expected the id of the Object Instance for SenML, found none');
    }
    const time = record.time === undefined ? undefined : record.time - baseTime;
    return {
      ...(index === 0 ? { bn: baseName } : {}),
      ...(index === 0 && isSeries ? { bt: baseTime } : {}),
      ...(isOneResource
        ? {}
        : { n: formatPath(record.path).slice(path.objectId === undefined ? 1 : formatPath(path).length + 1) }),
      ...(time === undefined || (isSeries && time === 0) ? {} : { t: time }),
      ...valueFields(record, definitions),
    };
  });
  return form === 'json' ? encodeSenmlJson(pack) : encodeSenmlCbor(pack);
}

/**
 * Decodes a list of paths, as the request of a Read-Composite or Observe-Composite has it: names without values.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE`, SenmlError when it is no SenML
 */
export function decodeSenmlPaths(bytes: Uint8Array, form: SenmlForm, options: DecodeOptions): Path[] {
  return resolve(bytes, form, options).map((record, index) => {
    if (hasValue(record) || record.time !== undefined) throw recordError('a name alone', 'a value or a time', index);
    return parseName(record.name, options.rootPath, index);
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

/** Leading zeros, as Wakaama's tests have them, and one slash at the end of a base name without name are tolerated. */
function parseName(name: string, rootPath: string | undefined, index: number): Path {
  const root = rootOf(rootPath);
  let text = name.startsWith(root) ? name.slice(root.length) : name;
  if (text.length > 1 && text.endsWith('/')) text = text.slice(0, -1);
  if (/(?:^|\/)0\d/.test(text)) text = text.replaceAll(/(^|\/)0+(?=\d)/g, '$1');
  try {
    return parsePath(text);
  } catch (cause) {
    throw decodeError(`a path as the name of record ${String(index)}`, 'another name', 0, cause);
  }
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

function valueFields(record: ResourceRecord, definitions: DefinitionSource | undefined): SenmlRecord {
  const value = encodableValue(record.type, record.value, declaredType(record.path, definitions));
  switch (value.kind) {
    case 'text':
      return { vs: value.text };
    case 'integer':
      return { v: value.integer };
    case 'float':
      return { v: value.float, float: true };
    case 'boolean':
      return { vb: value.boolean };
    case 'bytes':
      return { vd: value.bytes };
    case 'link':
      return { vlo: formatObjectLink(value.link) };
  }
}

function recordError(expected: string, found: string, index: number): Error {
  return decodeError(expected, `${found} in record ${String(index)}`, 0);
}
