import { arrayItemOffset } from './cbor-check.ts';
import { decodeCbor } from './cbor-decode.ts';
import { CborWriter } from './cbor-writer.ts';
import { recordError, SenmlError, withRecordOffset } from './errors.ts';
import { checkRecord, readField } from './fields.ts';
import type { RecordDraft } from './fields.ts';
import { labelOfNumber, SENML_LABELS } from './labels.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { SenmlLimits } from './limits.ts';
import { isExactInteger, MAX_INTEGER, MIN_INTEGER } from './numbers.ts';
import type { SenmlNumber, SenmlRecord } from './record.ts';

/**
 * Decodes a SenML CBOR pack (RFC 8428 §6) into its records as they stand there, base fields not applied: see
 * {@link resolveSenml}. Labels may be integers or, as LwM2M needs for `vlo`, text.
 *
 * @throws SenmlError `ERR_SENML_CBOR`, `ERR_SENML_RECORD` or `ERR_SENML_LIMIT`
 */
export function decodeSenmlCbor(bytes: Uint8Array, limits: SenmlLimits = DEFAULT_LIMITS): SenmlRecord[] {
  const pack = decodeCbor(bytes, limits);
  if (!Array.isArray(pack)) throw new SenmlError('ERR_SENML_CBOR', 'an array', 'another data item', { offset: 0 });
  if (pack.length > limits.maxRecords) {
    throw new SenmlError('ERR_SENML_LIMIT', `at most ${String(limits.maxRecords)} records`, 'more', { offset: 0 });
  }
  try {
    return pack.map(readRecord);
  } catch (error) {
    throw withRecordOffset(error, (index) => arrayItemOffset(bytes, index));
  }
}

/**
 * Encodes records as a SenML CBOR pack: shortest integers, definite lengths, floats in eight bytes. A `v` that is
 * integral is written as an integer unless the record says `float`.
 *
 * @throws SenmlError `ERR_SENML_RECORD` for an integer of more than 64 bits, or several values in a record
 */
export function encodeSenmlCbor(records: readonly SenmlRecord[]): Uint8Array {
  const writer = new CborWriter();
  writer.writeArrayHead(records.length);
  records.forEach((record, index) => writeRecord(writer, record, index));
  return writer.toBytes();
}

function readRecord(entry: unknown, index: number): SenmlRecord {
  if (!(entry instanceof Map)) {
    throw new SenmlError('ERR_SENML_CBOR', 'a map', `another data item as record ${String(index)}`, { record: index });
  }
  const record: RecordDraft = {};
  for (const [key, value] of entry as ReadonlyMap<unknown, unknown>) {
    const label = typeof key === 'number' ? labelOfNumber(key) : key;
    if (typeof label === 'string') readField(record, label, value, readBytes, index);
  }
  checkRecord(record, index);
  return record;
}

function readBytes(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}

type Field = (writer: CborWriter) => void;

/**
 * The order bn, bt, n, t, value comes first because Zephyr's generated decoder reads the fields in that order; the
 * others it skips when they come last.
 */
function writeRecord(writer: CborWriter, record: SenmlRecord, index: number): void {
  checkRecord(record, index);
  const fields: Field[] = [];
  const addText = (label: keyof typeof SENML_LABELS, value: string | undefined): void => {
    if (value === undefined) return;
    fields.push(() => {
      writer.writeInteger(SENML_LABELS[label]);
      writer.writeText(value);
    });
  };
  const addNumber = (label: keyof typeof SENML_LABELS, value: SenmlNumber | undefined, float = false): void => {
    if (value === undefined) return;
    fields.push(() => {
      writer.writeInteger(SENML_LABELS[label]);
      writeNumber(writer, value, float, index);
    });
  };
  addText('bn', record.bn);
  addNumber('bt', record.bt);
  addText('n', record.n);
  addNumber('t', record.t);
  addNumber('v', record.v, record.float);
  addText('vs', record.vs);
  const { vb, vd, vlo } = record;
  if (vb !== undefined) {
    fields.push(() => {
      writer.writeInteger(SENML_LABELS.vb);
      writer.writeBoolean(vb);
    });
  }
  if (vd !== undefined) {
    fields.push(() => {
      writer.writeInteger(SENML_LABELS.vd);
      writer.writeBytes(vd);
    });
  }
  if (vlo !== undefined) {
    fields.push(() => {
      writer.writeText('vlo');
      writer.writeText(vlo);
    });
  }
  addText('bu', record.bu);
  addNumber('bv', record.bv, record.bvFloat);
  addNumber('bs', record.bs);
  addNumber('bver', record.bver);
  addText('u', record.u);
  addNumber('s', record.s);
  addNumber('ut', record.ut);
  writer.writeMapHead(fields.length);
  for (const write of fields) write(writer);
}

function writeNumber(writer: CborWriter, value: SenmlNumber, float: boolean, index: number): void {
  if (float || !isExactInteger(value)) {
    writer.writeFloat(Number(value));
    return;
  }
  if (value < MIN_INTEGER || value > MAX_INTEGER) {
    throw recordError('an integer of up to 64 bits', 'a longer one', index);
  }
  writer.writeInteger(value);
}
