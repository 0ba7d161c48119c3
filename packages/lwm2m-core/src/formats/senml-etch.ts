import {
  decodeSenmlFetch,
  decodeSenmlPatch,
  encodeSenmlFetch,
  encodeSenmlPatch,
  packSenml,
  resolveSenml,
} from '@flownexus/senml';
import type { SenmlForm, SenmlPatchRecord } from '@flownexus/senml';
import type { DefinitionSource } from '../definition.ts';
import type { ResourceChange } from '../node.ts';
import { UNASSIGNED_INSTANCE_ID } from '../node-tree.ts';
import { formatPath } from '../path.ts';
import type { Path } from '../path.ts';
import { decodeError, encodeError } from './format.ts';
import type { DecodeOptions, EncodeOptions } from './format.ts';
import { rootOf } from './record-path.ts';
import { pathOfRecord, readRecord, recordOffset, setValue } from './senml-records.ts';
import type { RecordDraft } from './senml-records.ts';

/**
 * Decodes a Fetch Pack (RFC 8790 §3.1), the list of paths of a composite read.
 *
 * @throws DecodeError, SenmlError when it is no Fetch Pack
 */
export function decodeFetch(bytes: Uint8Array, form: SenmlForm, options: DecodeOptions): Path[] {
  const root = rootOf(options.rootPath);
  return resolveSenml(decodeSenmlFetch(bytes, form)).map((record, index) => {
    const at = { bytes, form, index };
    if (record.time !== undefined) throw decodeError('a name alone', 'a time', recordOffset(at));
    return pathOfRecord(record, root, at);
  });
}

/**
 * Encodes a list of paths as a Fetch Pack, with the base name that they share.
 *
 * @throws SenmlError when there are none
 */
export function encodeFetch(paths: readonly Path[], form: SenmlForm, options: EncodeOptions): Uint8Array {
  const root = rootOf(options.rootPath);
  return encodeSenmlFetch(packSenml(paths.map((path) => ({ name: root + formatPath(path) }))), form);
}

/**
 * Decodes a Patch Pack (RFC 8790 §3.2): values to write and Resource Instances to remove.
 *
 * @throws DecodeError, SenmlError when it is no Patch Pack
 */
export function decodePatchPack(
  bytes: Uint8Array,
  form: SenmlForm,
  definitions: DefinitionSource | undefined,
  options: DecodeOptions,
): ResourceChange[] {
  const root = rootOf(options.rootPath);
  const { now } = options;
  const resolved = resolveSenml(decodeSenmlPatch(bytes, form), now === undefined ? {} : { now });
  return resolved.map((record, index) => {
    const at = { bytes, form, index };
    const path = pathOfRecord(record, root, at);
    return record.remove === true ? { path, value: null } : readRecord(record, path, definitions, at);
  });
}

/**
 * Encodes values to write and Resource Instances to remove as a Patch Pack.
 *
 * @throws Lwm2mError `ERR_LWM2M_ENCODE`, SenmlError for numbers that JSON has no form for or when there is nothing
 */
export function encodePatchPack(
  changes: readonly ResourceChange[],
  form: SenmlForm,
  definitions: DefinitionSource | undefined,
  options: EncodeOptions,
): Uint8Array {
  const root = rootOf(options.rootPath);
  const [base] = packSenml(changes.map(({ path }) => ({ name: root + formatPath(path) })));
  const baseName = base?.bn ?? '';
  const pack = changes.map((change, index): SenmlPatchRecord => {
    if (change.path.objectInstanceId === UNASSIGNED_INSTANCE_ID) {
      throw encodeError('expected the id of the Object Instance for SenML, found none');
    }
    const fields: RecordDraft = {};
    if (index === 0 && baseName !== '') fields.bn = baseName;
    fields.n = (root + formatPath(change.path)).slice(baseName.length);
    if (change.value === null) {
      fields.remove = true;
    } else {
      if (change.time !== undefined) fields.t = change.time;
      setValue(fields, change, definitions);
    }
    return fields;
  });
  return encodeSenmlPatch(pack, form);
}
