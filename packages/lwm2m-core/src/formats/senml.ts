import { decodeResolvedSenml, encodeSenmlCbor, encodeSenmlJson } from '@flownexus/senml';
import type { ResolvedSenmlRecord, SenmlForm, SenmlRecord } from '@flownexus/senml';
import type { DefinitionSource } from '../definition.ts';
import type { ResourceRecord } from '../node.ts';
import { formatPath } from '../path.ts';
import type { Path } from '../path.ts';
import { decodeError } from './format.ts';
import type { DecodedRecords, DecodeOptions, EncodeOptions } from './format.ts';
import { baseOf } from './record-base.ts';
import { nameBelow, rootOf, withinRequest } from './record-path.ts';
import { hasValue, pathOfRecord, readRecord, recordOffset, setValue } from './senml-records.ts';
import type { RecordDraft } from './senml-records.ts';

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
  const records: ResourceRecord[] = [];
  const at = { bytes, form, index: 0 };
  for (const record of resolve(bytes, form, options)) {
    at.index = records.length;
    const recordPath = withinRequest(pathOfRecord(record, root, at), path);
    if (recordPath === undefined) {
      throw decodeError('a path at or below the requested one', 'another', recordOffset(at));
    }
    records.push(readRecord(record, recordPath, definitions, at));
  }
  return { records, containers: [] };
}

function resolve(bytes: Uint8Array, form: SenmlForm, { now }: DecodeOptions): ResolvedSenmlRecord[] {
  return decodeResolvedSenml(bytes, form, now === undefined ? {} : { now });
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
  const base = baseOf(records, path, options.rootPath, 'SenML');
  const pack: SenmlRecord[] = [];
  for (const record of records) {
    const fields: RecordDraft = {};
    if (pack.length === 0) {
      fields.bn = base.name;
      if (base.time !== undefined) fields.bt = base.time;
    }
    if (!base.isOneResource) fields.n = nameBelow(base.level, record.path);
    if (record.time !== undefined && record.time !== base.time) fields.t = record.time - (base.time ?? 0);
    setValue(fields, record, definitions);
    pack.push(fields);
  }
  return form === 'json' ? encodeSenmlJson(pack) : encodeSenmlCbor(pack);
}

/**
 * Decodes a list of paths, as the request of a Read-Composite or Observe-Composite has it: names without values.
 *
 * @throws DecodeError, SenmlError when it is no SenML
 */
export function decodeSenmlPaths(bytes: Uint8Array, form: SenmlForm, options: DecodeOptions): Path[] {
  const root = rootOf(options.rootPath);
  return resolve(bytes, form, options).map((record, index) => {
    const at = { bytes, form, index };
    if (hasValue(record) || record.time !== undefined) {
      throw decodeError('a name alone', 'a value or a time', recordOffset(at));
    }
    return pathOfRecord(record, root, at);
  });
}

/** Encodes a list of paths, each as the whole name of a record. */
export function encodeSenmlPaths(paths: readonly Path[], form: SenmlForm, options: EncodeOptions): Uint8Array {
  const pack = paths.map((path) => ({ n: rootOf(options.rootPath) + formatPath(path) }));
  return form === 'json' ? encodeSenmlJson(pack) : encodeSenmlCbor(pack);
}
