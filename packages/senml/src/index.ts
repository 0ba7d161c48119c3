/**
 * SenML in JSON and CBOR (RFC 8428) with Fetch and Patch Packs (RFC 8790) and the field that LwM2M adds, and the checked
 * CBOR reader and the writer that other formats of LwM2M share.
 *
 * @example
 * ```ts
 * import { decodeSenmlCbor, resolveSenml } from '@flownexus/senml';
 *
 * const pack = Uint8Array.from([0x81, 0xa2, 0x21, 0x66, 0x2f, 0x33, 0x2f, 0x30, 0x2f, 0x39, 0x02, 0x18, 0x2a]);
 * const [record] = resolveSenml(decodeSenmlCbor(pack));
 * console.log(record?.name, record?.v); // '/3/0/9', 42
 * ```
 *
 * @packageDocumentation
 */
export { decodeSenmlJson, encodeSenmlJson, jsonByteOffset } from './senml-json.ts';
export { decodeSenmlCbor, encodeSenmlCbor } from './senml-cbor.ts';
export { decodeSenmlFetch, decodeSenmlPatch, encodeSenmlFetch, encodeSenmlPatch } from './senml-etch.ts';
export { decodeResolvedSenml, senmlRecordOffset } from './read-pack.ts';
export type { DecodeResolvedOptions, SenmlForm } from './read-pack.ts';
export { packSenml } from './pack.ts';
export type { SenmlEntry } from './pack.ts';
export { absoluteTime, resolveSenml } from './resolve.ts';
export type { ResolvedSenmlRecord, ResolveOptions } from './resolve.ts';
export type { SenmlFetchRecord, SenmlNumber, SenmlPatchRecord, SenmlRecord } from './record.ts';
export { SENML_LABELS } from './labels.ts';
export type { SenmlLabel } from './labels.ts';
export { SenmlError, SenmlErrorCodes } from './errors.ts';
export type { SenmlErrorCode, SenmlErrorDetails } from './errors.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type { CborLimits, SenmlLimits } from './limits.ts';
export { checkCbor, mapPairOffset } from './cbor-check.ts';
export type { CborOptions } from './cbor-check.ts';
export { decodeCbor } from './cbor-decode.ts';
export { CborFloat, CborTagged } from './cbor-values.ts';
export { CborWriter } from './cbor-writer.ts';
export { narrowInteger } from './numbers.ts';
export { decodeBase64, encodeBase64 } from './base64.ts';
export type { Base64Form } from './base64.ts';
export { findInvalidUtf8 } from './utf8.ts';
export { decodeJson } from './json-parse.ts';
export { jsonItemOffsets } from './json-scan.ts';
