import { FETCH_RULES, PATCH_RULES } from './etch-rules.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { SenmlLimits } from './limits.ts';
import type { SenmlFetchRecord, SenmlPatchRecord } from './record.ts';
import { readPack } from './read-pack.ts';
import type { SenmlForm } from './read-pack.ts';
import { recordOf } from './record-draft.ts';
import { writeCborPack } from './senml-cbor.ts';
import { writeJsonPack } from './senml-json.ts';

/**
 * Decodes a Fetch Pack (RFC 8790 §3.1, `application/senml-etch+json` or `+cbor`): what to select, base fields not
 * applied. {@link resolveSenml} applies them. Fields without meaning in a query are left out.
 *
 * @throws SenmlError `ERR_SENML_RECORD` for a value or sum, a record without name and base name, or a pack without
 * records; otherwise as {@link decodeSenmlCbor} and {@link decodeSenmlJson}
 */
export function decodeSenmlFetch(
  document: Uint8Array,
  form: SenmlForm,
  limits: SenmlLimits = DEFAULT_LIMITS,
): SenmlFetchRecord[] {
  return readPack(document, form, limits, FETCH_RULES).map(recordOf);
}

/**
 * Encodes a Fetch Pack.
 *
 * @throws SenmlError `ERR_SENML_RECORD` for a value, a record without name and base name, or no record
 */
export function encodeSenmlFetch(records: readonly SenmlFetchRecord[], form: SenmlForm): Uint8Array {
  return form === 'json' ? writeJsonPack(records, FETCH_RULES) : writeCborPack(records, FETCH_RULES);
}

/**
 * Decodes a Patch Pack (RFC 8790 §3.2, `application/senml-etch+json` or `+cbor`): what to set, and with `remove` what to
 * remove, base fields not applied. {@link resolveSenml} applies them.
 *
 * @throws SenmlError `ERR_SENML_RECORD` for a record without value, sum and removal, one without name and base name, or a
 * pack without records; otherwise as {@link decodeSenmlCbor} and {@link decodeSenmlJson}
 */
export function decodeSenmlPatch(
  document: Uint8Array,
  form: SenmlForm,
  limits: SenmlLimits = DEFAULT_LIMITS,
): SenmlPatchRecord[] {
  return readPack(document, form, limits, PATCH_RULES).map(recordOf);
}

/**
 * Encodes a Patch Pack.
 *
 * @throws SenmlError `ERR_SENML_RECORD` as {@link decodeSenmlPatch}, or for a number that has no form
 */
export function encodeSenmlPatch(records: readonly SenmlPatchRecord[], form: SenmlForm): Uint8Array {
  return form === 'json' ? writeJsonPack(records, PATCH_RULES) : writeCborPack(records, PATCH_RULES);
}
