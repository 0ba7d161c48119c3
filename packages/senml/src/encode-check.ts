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
  if (typeof record !== 'object' || (record as unknown) === null)
    throw recordError('a record', 'something else', index);
  const { bn, n, bu, u, vs, vlo, bv, v, bs, s, bt, t, ut, vb, vd } = record;
  for (const text of [bn, n, bu, u, vs, vlo]) {
    if (text !== undefined && (typeof text !== 'string' || !text.isWellFormed())) {
      throw recordError('text without lone surrogates', 'something else', index);
    }
  }
  for (const number of [bv, v, bs, s]) checkNumber(number, index);
  for (const time of [bt, t, ut]) {
    if (time !== undefined && !Number.isFinite(time))
      throw recordError('a finite number as a time', 'something else', index);
  }
  if (vb !== undefined && typeof vb !== 'boolean') throw recordError('a boolean as vb', 'something else', index);
  if (vd !== undefined && !((vd as unknown) instanceof Uint8Array))
    throw recordError('bytes as vd', 'something else', index);
}

function checkNumber(number: unknown, index: number): void {
  if (number === undefined || typeof number === 'number') return;
  if (typeof number !== 'bigint') throw recordError('a number', 'something else', index);
  if (number < MIN_INTEGER || number > MAX_INTEGER)
    throw recordError('an integer of up to 64 bits', 'a longer one', index);
}
