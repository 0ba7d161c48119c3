import { CborFloat } from './cbor-values.ts';
import { recordError } from './errors.ts';
import type { SenmlError } from './errors.ts';
import { MAX_INTEGER, MIN_INTEGER, narrowInteger } from './numbers.ts';
import type { SenmlNumber, SenmlRecord } from './record.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A record while its fields are read. */
export type RecordDraft = Writable<SenmlRecord>;

/** The newest version of the media type that RFC 8428 knows. */
const VERSION = 10;

/**
 * Puts one field into a record after checking its type. `readBytes` turns the value of `vd` as the format has it into
 * bytes, or undefined. Fields nobody knows are left out, unless their name says that they must be understood.
 *
 * @throws SenmlError `ERR_SENML_RECORD`
 */
export function readField(
  record: RecordDraft,
  label: string,
  value: unknown,
  readBytes: (value: unknown) => Uint8Array | undefined,
  index: number,
): void {
  switch (label) {
    case 'n':
    case 'vs':
    case 'bn':
    case 'u':
    case 'bu':
    case 'vlo':
      if (typeof value !== 'string') throw wrongType('a string', label, index);
      record[label] = value;
      return;
    case 'v':
      if (value instanceof CborFloat) record.float = true;
      record.v = requireNumber(value, label, index);
      return;
    case 't':
    case 'bt':
    case 'ut':
      record[label] = requireTime(value, label, index);
      return;
    case 'vb':
      if (typeof value !== 'boolean') throw wrongType('a boolean', label, index);
      record.vb = value;
      return;
    case 'vd': {
      const bytes = readBytes(value);
      if (bytes === undefined) throw wrongType('bytes', label, index);
      record.vd = bytes;
      return;
    }
    case 'bv':
      if (value instanceof CborFloat) record.bvFloat = true;
      record.bv = requireNumber(value, label, index);
      return;
    case 's':
    case 'bs':
      record[label] = requireNumber(value, label, index);
      return;
    case 'bver':
      record.bver = requireVersion(value, index);
      return;
    default:
      // RFC 8428 §4.4: a name that ends in an underscore must be understood.
      if (label.endsWith('_')) {
        throw recordError('only fields that can be ignored', 'one that must be understood', index);
      }
  }
}

/** @throws SenmlError `ERR_SENML_RECORD` when there is more than one value (RFC 8428 §4.2) */
export function checkRecord(record: SenmlRecord, index: number): void {
  const values =
    Number(record.v !== undefined) +
    Number(record.vs !== undefined) +
    Number(record.vb !== undefined) +
    Number(record.vd !== undefined) +
    Number(record.vlo !== undefined);
  if (values > 1) throw recordError('at most one value field', 'several', index);
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
