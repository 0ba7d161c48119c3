import { arrayItemOffset } from './cbor-check.ts';
import { decodeCbor } from './cbor-decode.ts';
import { CborWriter } from './cbor-writer.ts';
import { checkEncodable } from './encode-check.ts';
import { recordError, SenmlError, withRecordOffset } from './errors.ts';
import { checkRecordCount, countValues, SENML_RULES } from './fields.ts';
import type { PackRules } from './fields.ts';
import { labelOfNumber, numberOfLabel, SENML_LABELS } from './labels.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { SenmlLimits } from './limits.ts';
import { isExactInteger } from './numbers.ts';
import type { SenmlNumber, SenmlPatchRecord, SenmlRecord } from './record.ts';
import { newDraft, recordOf } from './record-draft.ts';
import type { RecordDraft } from './record-draft.ts';

/**
 * Decodes a SenML CBOR pack (RFC 8428 §6) into its records as they stand there, base fields not applied: see
 * {@link resolveSenml}. Labels may be integers or, as LwM2M needs for `vlo`, text.
 *
 * @throws SenmlError `ERR_SENML_CBOR`, `ERR_SENML_RECORD` or `ERR_SENML_LIMIT`, with the offset in bytes
 */
export function decodeSenmlCbor(bytes: Uint8Array, limits: SenmlLimits = DEFAULT_LIMITS): SenmlRecord[] {
  return readCborPack(bytes, limits, SENML_RULES).map(recordOf);
}

/**
 * Encodes records as a SenML CBOR pack: shortest integers, definite lengths, floats in eight bytes. A `v` that is
 * integral is written as an integer unless the record says `float`.
 *
 * @throws SenmlError `ERR_SENML_RECORD` for an integer of more than 64 bits, or several values in a record
 */
export function encodeSenmlCbor(records: readonly SenmlRecord[]): Uint8Array {
  return writeCborPack(records, SENML_RULES);
}

/** Reads a pack of any kind. */
export function readCborPack(bytes: Uint8Array, limits: SenmlLimits, rules: PackRules): RecordDraft[] {
  const pack = decodeCbor(bytes, limits);
  if (!Array.isArray(pack)) throw new SenmlError('ERR_SENML_CBOR', 'an array', 'another data item', { offset: 0 });
  if (pack.length > limits.maxRecords) {
    throw new SenmlError('ERR_SENML_LIMIT', `at most ${String(limits.maxRecords)} records`, 'more', { offset: 0 });
  }
  checkRecordCount(pack.length, rules, { offset: 0 });
  try {
    return pack.map((entry, index) => readRecord(entry, index, rules));
  } catch (error) {
    throw withRecordOffset(error, (index) => arrayItemOffset(bytes, index));
  }
}

function readRecord(entry: unknown, index: number, rules: PackRules): RecordDraft {
  if (!(entry instanceof Map)) {
    throw new SenmlError('ERR_SENML_CBOR', 'a map', `another data item as record ${String(index)}`, { record: index });
  }
  const record = newDraft();
  let values = 0;
  const fields: ReadonlyMap<unknown, unknown> = entry;
  for (const key of fields.keys()) {
    const label = typeof key === 'number' ? labelOfNumber(key) : key;
    if (typeof key === 'string') requireNoNumber(fields, key, index);
    if (typeof label === 'string') values += rules.readField(record, label, fields.get(key), readBytes, index);
  }
  rules.checkRecord(record, values, index);
  return record;
}

/** RFC 8428 §6: the number and the name are one label, so that a record with both has a field twice. */
function requireNoNumber(fields: ReadonlyMap<unknown, unknown>, name: string, index: number): void {
  const number = numberOfLabel(name);
  if (number !== undefined && fields.has(number)) {
    throw recordError('each field once', 'one by its number and by its name', index);
  }
}

function readBytes(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}

/** One for all, as packs are written in one go and copied out. */
const sharedWriter = new CborWriter();

/** Encodes a pack of any kind. */
export function writeCborPack(records: readonly SenmlPatchRecord[], rules: PackRules): Uint8Array {
  const writer = sharedWriter;
  writer.reset();
  checkRecordCount(records.length, rules, {});
  writer.writeArrayHead(records.length);
  for (const [index, record] of records.entries()) {
    checkEncodable(record, index);
    const values = countValues(record);
    rules.checkRecord(record, values, index);
    writeRecord(writer, record, values);
  }
  return writer.toBytes();
}

/**
 * The order bn, bt, n, t, value comes first because Zephyr's generated decoder reads the fields in that order; the
 * others it skips when they come last.
 */
function writeRecord(writer: CborWriter, record: SenmlPatchRecord, values: number): void {
  writer.writeMapHead(values + countOtherFields(record));
  writeText(writer, SENML_LABELS.bn, record.bn);
  writeNumber(writer, SENML_LABELS.bt, record.bt, false);
  writeText(writer, SENML_LABELS.n, record.n);
  writeNumber(writer, SENML_LABELS.t, record.t, false);
  writeNumber(writer, SENML_LABELS.v, record.v, record.float === true);
  writeText(writer, SENML_LABELS.vs, record.vs);
  if (record.vb !== undefined) {
    writer.writeInteger(SENML_LABELS.vb);
    writer.writeBoolean(record.vb);
  }
  if (record.vd !== undefined) {
    writer.writeInteger(SENML_LABELS.vd);
    writer.writeBytes(record.vd);
  }
  if (record.vlo !== undefined) {
    writer.writeText('vlo');
    writer.writeText(record.vlo);
  }
  if (record.remove === true) {
    writer.writeInteger(SENML_LABELS.v);
    writer.writeNull();
  }
  writeText(writer, SENML_LABELS.bu, record.bu);
  writeNumber(writer, SENML_LABELS.bv, record.bv, record.bvFloat === true);
  writeNumber(writer, SENML_LABELS.bs, record.bs, false);
  writeNumber(writer, SENML_LABELS.bver, record.bver, false);
  writeText(writer, SENML_LABELS.u, record.u);
  writeNumber(writer, SENML_LABELS.s, record.s, false);
  writeNumber(writer, SENML_LABELS.ut, record.ut, false);
}

function countOtherFields(record: SenmlPatchRecord): number {
  const { bn, bt, bu, bv, bs, bver, n, u, s, t, ut } = record;
  return (
    (bn === undefined ? 0 : 1) +
    (bt === undefined ? 0 : 1) +
    (bu === undefined ? 0 : 1) +
    (bv === undefined ? 0 : 1) +
    (bs === undefined ? 0 : 1) +
    (bver === undefined ? 0 : 1) +
    (n === undefined ? 0 : 1) +
    (u === undefined ? 0 : 1) +
    (s === undefined ? 0 : 1) +
    (t === undefined ? 0 : 1) +
    (ut === undefined ? 0 : 1)
  );
}

function writeText(writer: CborWriter, label: number, text: string | undefined): void {
  if (text === undefined) return;
  writer.writeInteger(label);
  writer.writeText(text);
}

function writeNumber(writer: CborWriter, label: number, value: SenmlNumber | undefined, float: boolean): void {
  if (value === undefined) return;
  writer.writeInteger(label);
  if (float || !isExactInteger(value)) {
    writer.writeFloat(Number(value));
    return;
  }
  writer.writeInteger(value);
}
