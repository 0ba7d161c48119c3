import { recordError } from './errors.ts';
import { MAX_INTEGER, MIN_INTEGER } from './numbers.ts';
import type { RecordFields } from './record-draft.ts';

/**
 * Checks that a record can be encoded and decoded again: the types of its fields, for callers that have no compiler to do
 * so, and what types do not say.
 *
 * @throws SenmlError `ERR_SENML_RECORD`
 */
export function checkEncodable(record: RecordFields, index: number): void {
  if (typeof record !== 'object' || (record as unknown) === null) throw wrong('a record', index);
  // Field by field, as a list of them would be made anew for every record.
  checkText(record.bn, index);
  checkText(record.n, index);
  checkText(record.bu, index);
  checkText(record.u, index);
  checkText(record.vs, index);
  checkText(record.vlo, index);
  checkNumber(record.bv, index);
  checkNumber(record.v, index);
  checkNumber(record.bs, index);
  checkNumber(record.s, index);
  checkTime(record.bt, index);
  checkTime(record.t, index);
  checkTime(record.ut, index);
  if (record.vb !== undefined && typeof record.vb !== 'boolean') throw wrong('a boolean as vb', index);
  if (record.vd !== undefined && !((record.vd as unknown) instanceof Uint8Array)) throw wrong('bytes as vd', index);
}

function checkText(text: unknown, index: number): void {
  if (text === undefined) return;
  if (typeof text !== 'string' || !text.isWellFormed()) throw wrong('text without lone surrogates', index);
}

function checkNumber(number: unknown, index: number): void {
  if (number === undefined || typeof number === 'number') return;
  if (typeof number !== 'bigint') throw wrong('a number', index);
  if (number < MIN_INTEGER || number > MAX_INTEGER)
    throw recordError('an integer of up to 64 bits', 'a longer one', index);
}

function checkTime(time: unknown, index: number): void {
  if (time !== undefined && !Number.isFinite(time)) throw wrong('a finite number as a time', index);
}

function wrong(expected: string, index: number): Error {
  return recordError(expected, 'something else', index);
}
