import { arrayItemOffset } from './cbor-check.ts';
import { withRecordOffset } from './errors.ts';
import { SENML_RULES } from './fields.ts';
import type { PackRules } from './fields.ts';
import { jsonItemOffsets } from './json-scan.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { SenmlLimits } from './limits.ts';
import type { RecordDraft } from './record-draft.ts';
import { resolveDrafts } from './resolve.ts';
import type { ResolvedSenmlRecord, ResolveOptions } from './resolve.ts';
import { readCborPack } from './senml-cbor.ts';
import { jsonByteOffset, readJsonPack } from './senml-json.ts';

/** The two representations of SenML. */
export type SenmlForm = 'json' | 'cbor';

/** How a pack is decoded and resolved. */
export interface DecodeResolvedOptions extends ResolveOptions {
  readonly limits?: SenmlLimits;
}

/** Reads a pack of any kind in either representation. */
export function readPack(document: Uint8Array, form: SenmlForm, limits: SenmlLimits, rules: PackRules): RecordDraft[] {
  return form === 'json' ? readJsonPack(document, limits, rules) : readCborPack(document, limits, rules);
}

/**
 * Decodes a pack (RFC 8428) into records that stand for themselves: what `resolveSenml` makes of the records that
 * `decodeSenmlJson` and `decodeSenmlCbor` give, in one step and in less time. Errors of resolving have an offset too.
 *
 * @throws SenmlError as those three functions
 */
export function decodeResolvedSenml(
  document: Uint8Array,
  form: SenmlForm,
  options: DecodeResolvedOptions = {},
): ResolvedSenmlRecord[] {
  const drafts = readPack(document, form, options.limits ?? DEFAULT_LIMITS, SENML_RULES);
  try {
    return resolveDrafts(drafts, options);
  } catch (error) {
    throw withRecordOffset(error, (index) => senmlRecordOffset(document, form, index));
  }
}

/** The offset in bytes of a record, counted from 0, in a pack that was decoded before. */
export function senmlRecordOffset(document: Uint8Array, form: SenmlForm, index: number): number {
  if (form === 'cbor') return arrayItemOffset(document, index);
  const text = new TextDecoder().decode(document);
  return jsonByteOffset(document, text, jsonItemOffsets(text)[index] ?? 0);
}
