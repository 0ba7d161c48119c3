import { decodeBase64, encodeBase64 } from './base64.ts';
import { checkEncodable } from './encode-check.ts';
import { recordError, SenmlError, withRecordOffset } from './errors.ts';
import { checkRecordCount, countValues, SENML_RULES } from './fields.ts';
import type { PackRules } from './fields.ts';
import { parseJson, readJson } from './json-parse.ts';
import type { JsonReader } from './json-parse.ts';
import { jsonItemOffsets, scanJson } from './json-scan.ts';
import { JsonWriter } from './json-writer.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { SenmlLimits } from './limits.ts';
import type { SenmlNumber, SenmlPatchRecord, SenmlRecord } from './record.ts';
import { newDraft, recordOf } from './record-draft.ts';
import type { RecordDraft } from './record-draft.ts';
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
  return readJsonPack(document, limits, SENML_RULES).map(recordOf);
}

/**
 * Encodes records as a SenML JSON pack in UTF-8. `vd` becomes base64url without padding.
 *
 * @throws SenmlError `ERR_SENML_RECORD` for a number that JSON has no form for, or several values in a record
 */
export function encodeSenmlJson(records: readonly SenmlRecord[]): Uint8Array {
  return writeJsonPack(records, SENML_RULES);
}

/** Reads a pack of any kind. */
export function readJsonPack(document: string | Uint8Array, limits: SenmlLimits, rules: PackRules): RecordDraft[] {
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

function readText(text: string, limits: SenmlLimits, rules: PackRules): RecordDraft[] {
  const scan = scanJson(text, limits);
  const { value: pack, literals } = parseJson(text, scan);
  if (!Array.isArray(pack)) throw new SenmlError('ERR_SENML_JSON', 'an array', 'another JSON value', { offset: 0 });
  if (pack.length > limits.maxRecords) throw tooMuch('records', limits.maxRecords);
  checkRecordCount(pack.length, rules, { offset: 0 });
  const reader: PackReader = { rules, literals, members: 0 };
  let records: RecordDraft[];
  try {
    records = pack.map((entry, index) => readRecord(reader, entry, index));
  } catch (error) {
    throw withRecordOffset(error, (index) => jsonItemOffsets(text)[index] ?? 0);
  }
  // RFC 8259 §4: the engine keeps the last of several members of one name silently.
  if (reader.members !== scan.members) throw duplicateName(text);
  return records;
}

interface PackReader extends JsonReader {
  readonly rules: PackRules;
}

function duplicateName(text: string): SenmlError {
  const offsets = jsonItemOffsets(text);
  const unbounded = { maxBytes: Infinity, maxNesting: Infinity, maxItems: Infinity };
  // Parsed once more: what was read already has been changed in place.
  const pack = JSON.parse(text) as readonly unknown[];
  const record = pack.findIndex(
    (item, index) => countMembers(item) !== scanJson(text.slice(offsets[index], offsets[index + 1]), unbounded).members,
  );
  const offset = offsets[record] ?? 0;
  return new SenmlError('ERR_SENML_JSON', 'distinct names in an object', 'duplicates', { record, offset });
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const values: unknown[] = Object.values(value);
  return values.reduce((sum: number, item) => sum + countMembers(item), Array.isArray(value) ? 0 : values.length);
}

/** The error with its offset in bytes of the document instead of units of the text. */
function inBytes(error: unknown, document: Uint8Array, text: string): unknown {
  if (!(error instanceof SenmlError) || error.offset === undefined || error.offset === 0) return error;
  const { code, expected, found, record } = error;
  const offset = jsonByteOffset(document, text, error.offset);
  return new SenmlError(code, expected, found, { offset, ...(record === undefined ? {} : { record }) });
}

/** The offset in bytes of a place in the text of a document that is UTF-8, which may start with a byte order mark. */
export function jsonByteOffset(document: Uint8Array, text: string, offset: number): number {
  if (offset === 0) return 0;
  // What is not in the text is a byte order mark.
  const dropped = document.length - textEncoder.encode(text).length;
  return dropped + textEncoder.encode(text.slice(0, offset)).length;
}

function readRecord(reader: PackReader, entry: unknown, index: number): RecordDraft {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new SenmlError('ERR_SENML_JSON', 'an object', `another JSON value as record ${String(index)}`, {
      record: index,
    });
  }
  const { rules } = reader;
  const record = newDraft();
  let values = 0;
  const labels = Object.keys(entry);
  reader.members += labels.length;
  for (const label of labels) {
    const value = readJson(reader, label, (entry as Readonly<Record<string, unknown>>)[label]);
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

/** One for all, as packs are written in one go and copied out. */
const sharedWriter = new JsonWriter();

/** Encodes a pack of any kind. */
export function writeJsonPack(records: readonly SenmlPatchRecord[], rules: PackRules): Uint8Array {
  const writer = sharedWriter;
  writer.reset();
  checkRecordCount(records.length, rules, {});
  writer.writeAscii('[');
  for (const [index, record] of records.entries()) {
    checkEncodable(record, index);
    rules.checkRecord(record, countValues(record), index);
    writer.writeAscii(index === 0 ? '{' : ',{');
    writeFields(writer, record, index);
    writer.writeObjectEnd();
  }
  writer.writeAscii(']');
  return writer.toBytes();
}

function writeFields(writer: JsonWriter, record: SenmlPatchRecord, index: number): void {
  const { bn, bu, n, u, vs, vb, vd, vlo } = record;
  if (bn !== undefined) writer.writeTextField('"bn":', bn);
  writeNumber(writer, '"bt":', record.bt, false, index);
  if (bu !== undefined) writer.writeTextField('"bu":', bu);
  writeNumber(writer, '"bv":', record.bv, record.bvFloat === true, index);
  writeNumber(writer, '"bs":', record.bs, false, index);
  writeNumber(writer, '"bver":', record.bver, false, index);
  if (n !== undefined) writer.writeTextField('"n":', n);
  if (u !== undefined) writer.writeTextField('"u":', u);
  writeNumber(writer, '"v":', record.v, record.float === true, index);
  if (vs !== undefined) writer.writeTextField('"vs":', vs);
  if (vb !== undefined) writer.writeField('"vb":', vb ? 'true' : 'false');
  if (vd !== undefined) writer.writeField('"vd":', `"${encodeBase64(vd, 'urlUnpadded')}"`);
  if (vlo !== undefined) writer.writeTextField('"vlo":', vlo);
  if (record.remove === true) writer.writeField('"v":', 'null');
  writeNumber(writer, '"s":', record.s, false, index);
  writeNumber(writer, '"t":', record.t, false, index);
  writeNumber(writer, '"ut":', record.ut, false, index);
}

function writeNumber(
  writer: JsonWriter,
  label: string,
  value: SenmlNumber | undefined,
  float: boolean,
  index: number,
): void {
  if (value !== undefined) writer.writeField(label, formatNumber(value, float, index));
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
