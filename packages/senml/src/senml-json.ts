import { decodeBase64, encodeBase64 } from './base64.ts';
import { recordError, SenmlError, withRecordOffset } from './errors.ts';
import { checkRecordCount, countValues, SENML_RULES } from './fields.ts';
import type { PackRules, RecordDraft } from './fields.ts';
import { checkJsonSize, countMembers, jsonItemOffsets, parseJson } from './json-parse.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { SenmlLimits } from './limits.ts';
import type { SenmlNumber, SenmlPatchRecord, SenmlRecord } from './record.ts';
import { findInvalidUtf8 } from './utf8.ts';

const textDecoder = new TextDecoder('utf-8', { fatal: true });
const textEncoder = new TextEncoder();

/**
 * Decodes a SenML JSON pack (RFC 8428 §5) into its records as they stand there, base fields not applied: see
 * {@link resolveSenml}. Integers written without fraction and exponent are exact up to 64 bits.
 *
 * @throws SenmlError `ERR_SENML_JSON`, `ERR_SENML_RECORD` or `ERR_SENML_LIMIT`
 */
export function decodeSenmlJson(document: string | Uint8Array, limits: SenmlLimits = DEFAULT_LIMITS): SenmlRecord[] {
  return readJsonPack(document, limits, SENML_RULES);
}

/**
 * Encodes records as a SenML JSON pack in UTF-8. `vd` becomes base64url without padding.
 *
 * @throws SenmlError `ERR_SENML_RECORD` for a number that JSON has no form for, or several values in a record
 */
export function encodeSenmlJson(records: readonly SenmlRecord[]): Uint8Array {
  return writeJsonPack(records, SENML_RULES);
}

/** Decodes a pack of any kind. */
export function readJsonPack(document: string | Uint8Array, limits: SenmlLimits, rules: PackRules): SenmlPatchRecord[] {
  // A string has at least as many bytes as units, and at most three times as many: the bound needs no exact count.
  if (document.length > limits.maxBytes) throw tooMuch('bytes', limits.maxBytes);
  if (typeof document === 'string') return readText(document, limits, rules);
  const text = decodeText(document);
  try {
    return readText(text, limits, rules);
  } catch (error) {
    throw inBytes(error, document, text);
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return textDecoder.decode(bytes);
  } catch (cause) {
    const offset = findInvalidUtf8(bytes, 0, bytes.length);
    throw new SenmlError('ERR_SENML_JSON', 'UTF-8', 'other bytes', { offset, cause });
  }
}

function readText(text: string, limits: SenmlLimits, rules: PackRules): SenmlPatchRecord[] {
  const members = checkJsonSize(text, limits);
  const pack = parseJson(text);
  if (!Array.isArray(pack)) throw new SenmlError('ERR_SENML_JSON', 'an array', 'another JSON value', { offset: 0 });
  if (pack.length > limits.maxRecords) throw tooMuch('records', limits.maxRecords);
  checkRecordCount(pack.length, rules, { offset: 0 });
  // RFC 8259 §4: the engine keeps the last of several members of one name silently.
  if (countMembers(pack) !== members) throw duplicateName(text, pack);
  try {
    return pack.map((entry, index) => readRecord(entry, index, rules));
  } catch (error) {
    throw withRecordOffset(error, (index) => jsonItemOffsets(text)[index] ?? 0);
  }
}

function duplicateName(text: string, pack: readonly unknown[]): SenmlError {
  const offsets = jsonItemOffsets(text);
  const record = pack.findIndex((item, index) => {
    const source = text.slice(offsets[index], offsets[index + 1]);
    return (
      countMembers(item) !== checkJsonSize(source, { maxBytes: Infinity, maxNesting: Infinity, maxItems: Infinity })
    );
  });
  const offset = offsets[record] ?? 0;
  return new SenmlError('ERR_SENML_JSON', 'distinct names in an object', 'duplicates', { record, offset });
}

/** The error with its offset in bytes of the document instead of units of the text. */
function inBytes(error: unknown, document: Uint8Array, text: string): unknown {
  if (!(error instanceof SenmlError) || error.offset === undefined || error.offset === 0) return error;
  const { code, expected, found, record, offset } = error;
  // What is not in the text is a byte order mark.
  const dropped = document.length - textEncoder.encode(text).length;
  const byteOffset = dropped + textEncoder.encode(text.slice(0, offset)).length;
  return new SenmlError(code, expected, found, { offset: byteOffset, ...(record === undefined ? {} : { record }) });
}

function readRecord(entry: unknown, index: number, rules: PackRules): SenmlPatchRecord {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new SenmlError('ERR_SENML_JSON', 'an object', `another JSON value as record ${String(index)}`, {
      record: index,
    });
  }
  const record: RecordDraft = {};
  let values = 0;
  for (const label of Object.keys(entry)) {
    const value = (entry as Readonly<Record<string, unknown>>)[label];
    // A literal such as 1e400 becomes Infinity.
    if (value === Infinity || value === -Infinity) {
      throw recordError('a number that a double holds', 'a greater one', index);
    }
    values += rules.readField(record, label, value, readBase64, index);
  }
  rules.checkRecord(record, values, index);
  return record;
}

function readBase64(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? decodeBase64(value) : undefined;
}

/** Encodes a pack of any kind. */
export function writeJsonPack(records: readonly SenmlPatchRecord[], rules: PackRules): Uint8Array {
  checkRecordCount(records.length, rules, {});
  let text = '';
  for (const [index, record] of records.entries()) {
    rules.checkRecord(record, countValues(record), index);
    // The comma in front of each field is one too many for the first.
    text += `${index === 0 ? '' : ','}{${formatFields(record, index).slice(1)}}`;
  }
  return textEncoder.encode(`[${text}]`);
}

function formatFields(record: SenmlPatchRecord, index: number): string {
  let text = '';
  if (record.bn !== undefined) text += `,"bn":${formatText(record.bn)}`;
  if (record.bt !== undefined) text += `,"bt":${formatNumber(record.bt, false, index)}`;
  if (record.bu !== undefined) text += `,"bu":${formatText(record.bu)}`;
  if (record.bv !== undefined) text += `,"bv":${formatNumber(record.bv, record.bvFloat === true, index)}`;
  if (record.bs !== undefined) text += `,"bs":${formatNumber(record.bs, false, index)}`;
  if (record.bver !== undefined) text += `,"bver":${formatNumber(record.bver, false, index)}`;
  if (record.n !== undefined) text += `,"n":${formatText(record.n)}`;
  if (record.u !== undefined) text += `,"u":${formatText(record.u)}`;
  if (record.v !== undefined) text += `,"v":${formatNumber(record.v, record.float === true, index)}`;
  if (record.vs !== undefined) text += `,"vs":${formatText(record.vs)}`;
  if (record.vb !== undefined) text += `,"vb":${String(record.vb)}`;
  if (record.vd !== undefined) text += `,"vd":"${encodeBase64(record.vd, 'urlUnpadded')}"`;
  if (record.vlo !== undefined) text += `,"vlo":${formatText(record.vlo)}`;
  if (record.remove === true) text += ',"v":null';
  if (record.s !== undefined) text += `,"s":${formatNumber(record.s, false, index)}`;
  if (record.t !== undefined) text += `,"t":${formatNumber(record.t, false, index)}`;
  if (record.ut !== undefined) text += `,"ut":${formatNumber(record.ut, false, index)}`;
  return text;
}

/** Text that needs no escapes is by far the most frequent. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

function formatText(text: string): string {
  return PLAIN_TEXT.test(text) ? `"${text}"` : JSON.stringify(text);
}

function formatNumber(number: SenmlNumber, float: boolean, index: number): string {
  if (typeof number === 'bigint' && !float) return number.toString();
  const value = Number(number);
  // RFC 8259 §6: JSON has neither infinities nor NaN.
  if (!Number.isFinite(value)) throw recordError('a finite number', 'another', index);
  if (!Number.isInteger(value)) return String(value);
  // An exponent tells the reader that the integral double beyond 2^53 is no exact integer.
  if (!Number.isSafeInteger(value)) return value.toExponential();
  return `${Object.is(value, -0) ? '-0' : String(value)}${float ? '.0' : ''}`;
}

function tooMuch(what: string, limit: number): SenmlError {
  return new SenmlError('ERR_SENML_LIMIT', `at most ${String(limit)} ${what}`, 'more', { offset: 0 });
}
