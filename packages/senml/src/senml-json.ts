import { decodeBase64, encodeBase64 } from './base64.ts';
import { recordError, SenmlError, withRecordOffset } from './errors.ts';
import { checkRecord, readField } from './fields.ts';
import type { RecordDraft } from './fields.ts';
import { checkJsonSize, countMembers, jsonItemOffsets, parseJson } from './json-parse.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { SenmlLimits } from './limits.ts';
import type { SenmlNumber, SenmlRecord } from './record.ts';
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
  // A string has at least as many bytes as units, and at most three times as many: the bound needs no exact count.
  if (document.length > limits.maxBytes) throw tooMuch('bytes', limits.maxBytes);
  const text = typeof document === 'string' ? document : decodeText(document);
  try {
    return readPack(text, limits);
  } catch (error) {
    throw typeof document === 'string' ? error : inBytes(error, document, text);
  }
}

/**
 * Encodes records as a SenML JSON pack in UTF-8. `vd` becomes base64url without padding.
 *
 * @throws SenmlError `ERR_SENML_RECORD` for a number that JSON has no form for, or several values in a record
 */
export function encodeSenmlJson(records: readonly SenmlRecord[]): Uint8Array {
  return textEncoder.encode(`[${records.map(formatRecord).join(',')}]`);
}

function decodeText(bytes: Uint8Array): string {
  try {
    return textDecoder.decode(bytes);
  } catch (cause) {
    const offset = findInvalidUtf8(bytes, 0, bytes.length);
    throw new SenmlError('ERR_SENML_JSON', 'UTF-8', 'other bytes', { offset, cause });
  }
}

function readPack(text: string, limits: SenmlLimits): SenmlRecord[] {
  const members = checkJsonSize(text, limits);
  const pack = parseJson(text);
  if (!Array.isArray(pack)) throw new SenmlError('ERR_SENML_JSON', 'an array', 'another JSON value', { offset: 0 });
  if (pack.length > limits.maxRecords) throw tooMuch('records', limits.maxRecords);
  // RFC 8259 §4: the engine keeps the last of several members of one name silently.
  if (countMembers(pack) !== members) throw duplicateName(text, pack);
  try {
    return pack.map(readRecord);
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

function readRecord(entry: unknown, index: number): SenmlRecord {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new SenmlError('ERR_SENML_JSON', 'an object', `another JSON value as record ${String(index)}`, {
      record: index,
    });
  }
  const record: RecordDraft = {};
  for (const [label, value] of Object.entries(entry)) {
    // A literal such as 1e400 becomes Infinity.
    if (value === Infinity || value === -Infinity) {
      throw recordError('a number that a double holds', 'a greater one', index);
    }
    readField(record, label, value, readBase64, index);
  }
  checkRecord(record, index);
  return record;
}

function readBase64(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? decodeBase64(value) : undefined;
}

function formatRecord(record: SenmlRecord, index: number): string {
  checkRecord(record, index);
  const fields: string[] = [];
  const addText = (label: string, value: string | undefined): void => {
    if (value !== undefined) fields.push(`"${label}":${JSON.stringify(value)}`);
  };
  const addNumber = (label: string, value: SenmlNumber | undefined, float = false): void => {
    if (value !== undefined) fields.push(`"${label}":${formatNumber(value, float, label, index)}`);
  };
  addText('bn', record.bn);
  addNumber('bt', record.bt);
  addText('bu', record.bu);
  addNumber('bv', record.bv, record.bvFloat);
  addNumber('bs', record.bs);
  addNumber('bver', record.bver);
  addText('n', record.n);
  addText('u', record.u);
  addNumber('v', record.v, record.float);
  addText('vs', record.vs);
  if (record.vb !== undefined) fields.push(`"vb":${String(record.vb)}`);
  if (record.vd !== undefined) fields.push(`"vd":"${encodeBase64(record.vd, 'urlUnpadded')}"`);
  addText('vlo', record.vlo);
  addNumber('s', record.s);
  addNumber('t', record.t);
  addNumber('ut', record.ut);
  return `{${fields.join(',')}}`;
}

function formatNumber(number: SenmlNumber, float: boolean, label: string, index: number): string {
  if (typeof number === 'bigint' && !float) return number.toString();
  const value = Number(number);
  // RFC 8259 §6: JSON has neither infinities nor NaN.
  if (!Number.isFinite(value)) throw recordError(`a finite number as ${label}`, 'another', index);
  if (!Number.isInteger(value)) return String(value);
  // An exponent tells the reader that the integral double beyond 2^53 is no exact integer.
  if (!Number.isSafeInteger(value)) return value.toExponential();
  return `${Object.is(value, -0) ? '-0' : String(value)}${float ? '.0' : ''}`;
}

function tooMuch(what: string, limit: number): SenmlError {
  return new SenmlError('ERR_SENML_LIMIT', `at most ${String(limit)} ${what}`, 'more', { offset: 0 });
}
