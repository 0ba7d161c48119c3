import {
  arrayItemOffset,
  decodeSenmlCbor,
  decodeSenmlJson,
  encodeSenmlCbor,
  encodeSenmlJson,
  jsonItemOffsets,
  resolveSenml,
  SenmlError,
} from '@flownexus/senml';
import type { ResolvedSenmlRecord, SenmlRecord } from '@flownexus/senml';
import type { DefinitionSource } from '../definition.ts';
import type { ResourceRecord } from '../node.ts';
import { UNASSIGNED_INSTANCE_ID } from '../node-tree.ts';
import { formatObjectLink, parseObjectLink } from '../object-link.ts';
import { formatPath, pathLevel, pathStartsWith } from '../path.ts';
import type { Path } from '../path.ts';
import { encodableValue, typeNumber, typeText } from '../typed-value.ts';
import type { TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { declaredType, decodeError, encodeError } from './format.ts';
import type { DecodedRecords, DecodeOptions, EncodeOptions } from './format.ts';
import { byteOffset } from './json-offset.ts';
import { nameBelow, parseName, rootOf, withinRequest } from './record-path.ts';

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
  for (const record of resolved) {
    const recordPath = withinRequest(pathOfRecord(record, root, bytes, form, records.length), path);
    if (recordPath === undefined) {
      throw decodeError('a path at or below the requested one', 'another', recordOffset(bytes, form, records.length));
    }
    if (recordPath.resourceId === undefined) {
      throw decodeError('the path of a Resource', 'one above', recordOffset(bytes, form, records.length));
    }
    const typed = typedValue(record, declaredType(recordPath, definitions));
    if (typed === undefined) {
      const [expected, found] = hasValue(record) ? VALUE_WORDS : NO_VALUE_WORDS;
      throw decodeError(expected, found, recordOffset(bytes, form, records.length));
    }
    records.push({ path: recordPath, type: typed.type, value: typed.value, time: record.time });
  }
  return { records, containers: [] };
}

const VALUE_WORDS = ['an integer of 64 bits, or two ids as vlo', 'something else'] as const;
const NO_VALUE_WORDS = ['a value', 'none'] as const;

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
    if (!isOneResource) fields.n = nameBelow(level, record.path);
    if (record.time !== undefined && !(isSeries && record.time === baseTime)) fields.t = record.time - baseTime;
    setValue(fields, record, definitions);
    pack.push(fields);
  }
  return form === 'json' ? encodeSenmlJson(pack) : encodeSenmlCbor(pack);
}

/**
 * Decodes a list of paths, as the request of a Read-Composite or Observe-Composite has it: names without values.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE`, SenmlError when it is no SenML
 */
export function decodeSenmlPaths(bytes: Uint8Array, form: SenmlForm, options: DecodeOptions): Path[] {
  const root = rootOf(options.rootPath);
  return resolve(bytes, form, options).map((record, index) => {
    if (hasValue(record) || record.time !== undefined) {
      throw decodeError('a name alone', 'a value or a time', recordOffset(bytes, form, index));
    }
    return pathOfRecord(record, root, bytes, form, index);
  });
}

/** Encodes a list of paths, each as the whole name of a record. */
export function encodeSenmlPaths(paths: readonly Path[], form: SenmlForm, options: EncodeOptions): Uint8Array {
  const pack = paths.map((path) => ({ n: rootOf(options.rootPath) + formatPath(path) }));
  return form === 'json' ? encodeSenmlJson(pack) : encodeSenmlCbor(pack);
}

function resolve(bytes: Uint8Array, form: SenmlForm, options: DecodeOptions): ResolvedSenmlRecord[] {
  const pack = form === 'json' ? decodeSenmlJson(bytes) : decodeSenmlCbor(bytes);
  try {
    return resolveSenml(pack, options.now === undefined ? {} : { now: options.now });
  } catch (error) {
    if (!(error instanceof SenmlError)) throw error;
    throw decodeError(error.expected, error.found, recordOffset(bytes, form, error.record ?? 0), error);
  }
}

function hasValue(record: ResolvedSenmlRecord): boolean {
  const { v, vs, vb, vd, vlo, sum } = record;
  return [v, vs, vb, vd, vlo, sum].some((value) => value !== undefined);
}

/** Undefined when there is no value, or none that LwM2M has. */
function typedValue(record: ResolvedSenmlRecord, declared: ResourceType | undefined): TypedValue | undefined {
  if (record.v !== undefined) return typeNumber(record.v, declared, record.float);
  if (record.vs !== undefined) return typeText(record.vs, declared);
  if (record.vb !== undefined) return { type: 'boolean', value: record.vb };
  if (record.vd !== undefined) return { type: 'opaque', value: record.vd };
  const link = record.vlo === undefined ? undefined : parseObjectLink(record.vlo);
  return link === undefined ? undefined : { type: 'objlnk', value: link };
}

function pathOfRecord(
  { name }: ResolvedSenmlRecord,
  root: string,
  bytes: Uint8Array,
  form: SenmlForm,
  index: number,
): Path {
  try {
    return parseName(name, root);
  } catch (cause) {
    throw decodeError('a path as the name', 'another name', recordOffset(bytes, form, index), cause);
  }
}

/** Where a record starts in a payload that was decoded before. */
function recordOffset(bytes: Uint8Array, form: SenmlForm, index: number): number {
  if (form === 'cbor') return arrayItemOffset(bytes, index);
  const text = new TextDecoder().decode(bytes);
  return byteOffset(bytes, text, jsonItemOffsets(text)[index] ?? 0);
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
