import { CborFloat } from './cbor-values.ts';
import { recordError, SenmlError } from './errors.ts';
import type { SenmlErrorDetails } from './errors.ts';
import { MAX_INTEGER, MIN_INTEGER, narrowInteger } from './numbers.ts';
import type { SenmlNumber } from './record.ts';
import type { RecordDraft, RecordFields } from './record-draft.ts';

/** What the fields and the records of a kind of pack have to be. */
export interface PackRules {
  /**
   * Puts one field into a record after checking its type. `readBytes` turns the value of `vd` as the format has it into
   * bytes, or undefined. Fields nobody knows are left out, unless their name says that they must be understood. Gives
   * how many values the field is: 0 or 1.
   *
   * @throws SenmlError `ERR_SENML_RECORD`
   */
  readonly readField: (
    record: RecordDraft,
    label: string,
    value: unknown,
    readBytes: (value: unknown) => Uint8Array | undefined,
    index: number,
  ) => number;
  /**
   * Checks a complete record with so many values.
   *
   * @throws SenmlError `ERR_SENML_RECORD` when it is not one of the pack
   */
  readonly checkRecord: (record: RecordFields, values: number, index: number) => void;
  /** Fetch and Patch Packs have one or more records (RFC 8790 §2). */
  readonly mayBeEmpty: boolean;
}

/** Packs of measurements (RFC 8428). */
export const SENML_RULES: PackRules = { readField, checkRecord, mayBeEmpty: true };

/** @throws SenmlError `ERR_SENML_RECORD` when there has to be a record and is none */
export function checkRecordCount(count: number, rules: PackRules, details: SenmlErrorDetails): void {
  if (count === 0 && !rules.mayBeEmpty)
    throw new SenmlError('ERR_SENML_RECORD', 'one record at least', 'none', details);
}

/** The newest version of the media type that RFC 8428 knows. */
const VERSION = 10;

function readField(
  record: RecordDraft,
  label: string,
  value: unknown,
  readBytes: (value: unknown) => Uint8Array | undefined,
  index: number,
): number {
  switch (label) {
    case 'n':
      record.n = requireText(value, label, index);
      return 0;
    case 'v':
      if (value instanceof CborFloat) record.float = true;
      record.v = requireNumber(value, label, index);
      return 1;
    case 'vs':
      record.vs = requireText(value, label, index);
      return 1;
    case 'bn':
      record.bn = requireText(value, label, index);
      return 0;
    default:
      return readRareField(record, label, value, readBytes, index);
  }
}

/** The others: apart, so that the engine can inline what nearly all records need. */
function readRareField(
  record: RecordDraft,
  label: string,
  value: unknown,
  readBytes: (value: unknown) => Uint8Array | undefined,
  index: number,
): number {
  switch (label) {
    case 'vlo':
      record.vlo = requireText(value, label, index);
      return 1;
    case 'u':
    case 'bu':
      record[label] = requireText(value, label, index);
      return 0;
    case 't':
    case 'bt':
    case 'ut':
      record[label] = requireTime(value, label, index);
      return 0;
    case 'vb':
      if (typeof value !== 'boolean') throw wrongType('a boolean', label, index);
      record.vb = value;
      return 1;
    case 'vd': {
      const bytes = readBytes(value);
      if (bytes === undefined) throw wrongType('bytes', label, index);
      record.vd = bytes;
      return 1;
    }
    case 'bv':
      if (value instanceof CborFloat) record.bvFloat = true;
      record.bv = requireNumber(value, label, index);
      return 0;
    case 's':
    case 'bs':
      record[label] = requireNumber(value, label, index);
      return 0;
    case 'bver':
      record.bver = requireVersion(value, index);
      return 0;
    default:
      // RFC 8428 §4.4: a name that ends in an underscore must be understood.
      if (label.endsWith('_')) {
        throw recordError('only fields that can be ignored', 'one that must be understood', index);
      }
      return 0;
  }
}

/** RFC 8428 §4.2: at most one value; RFC 8790 §3.2: removing is for Patch Packs. */
function checkRecord(record: RecordFields, values: number, index: number): void {
  if (values > 1) throw severalValues(index);
  if (record.remove === true) throw recordError('a value', 'a removal', index);
}

export function severalValues(index: number): SenmlError {
  return recordError('at most one value field', 'several', index);
}

/** How many values the record has; removing counts as one. */
export function countValues({ v, vs, vb, vd, vlo, remove }: RecordFields): number {
  return (
    (v === undefined ? 0 : 1) +
    (vs === undefined ? 0 : 1) +
    (vb === undefined ? 0 : 1) +
    (vd === undefined ? 0 : 1) +
    (vlo === undefined ? 0 : 1) +
    (remove === true ? 1 : 0)
  );
}

function requireText(value: unknown, label: string, index: number): string {
  if (typeof value !== 'string') throw wrongType('a string', label, index);
  return value;
}

function requireNumber(value: unknown, label: string, index: number): SenmlNumber {
  if (typeof value === 'number') return value;
  if (value instanceof CborFloat) return value.value;
  if (typeof value !== 'bigint') throw wrongType('a number', label, index);
  if (value < MIN_INTEGER || value > MAX_INTEGER) throw wrongType('an integer of 64 bits', label, index);
  return narrowInteger(value);
}

function requireTime(value: unknown, label: string, index: number): number {
  const time = Number(requireNumber(value, label, index));
  if (!Number.isFinite(time)) throw wrongType('a finite number', label, index);
  return time;
}

function requireVersion(value: unknown, index: number): number {
  const version = requireNumber(value, 'bver', index);
  if (typeof version === 'bigint' || !Number.isInteger(version) || version < 1) {
    throw wrongType('a positive integer', 'bver', index);
  }
  // RFC 8428 §4.4: a pack of a later version can not be interpreted.
  if (version > VERSION) throw recordError(`bver up to ${String(VERSION)}`, 'a later version', index);
  return version;
}

function wrongType(expected: string, label: string, index: number): SenmlError {
  return recordError(`${expected} as ${label}`, 'something else', index);
}
