import { expect, test } from 'vitest';
import { encodeSenmlCbor, encodeSenmlJson, encodeSenmlPatch, SenmlError } from '@flownexus/senml';
import type { SenmlRecord } from '@flownexus/senml';

/** Records as callers without a compiler make them. */
const RECORDS: readonly (readonly [name: string, record: unknown])[] = [
  ['a time that is no number', { n: 'a', v: 1, t: Number.NaN }],
  ['a base time without end', { n: 'a', v: 1, bt: Infinity }],
  ['an integer of 70 bits', { n: 'a', v: 2n ** 70n }],
  ['a lone surrogate', { n: 'a', vs: '\ud800' }],
  ['text for a number', { n: 'a', v: '1' }],
  ['a boolean for a number', { n: 'a', v: true }],
  ['null', { n: 'a', v: null }],
  ['text for a boolean', { n: 'a', vb: 'yes' }],
  ['text for bytes', { n: 'a', vd: 'AQ' }],
  ['a number for text', { n: 'a', vs: 5 }],
  ['a number for a name', { n: 5, v: 1 }],
  ['a number for a base name', { bn: 3, v: 1 }],
  ['a number for a link', { n: 'a', vlo: 3 }],
  ['a date for a time', { n: 'a', v: 1, t: new Date(0) }],
  ['no record', null],
];

test.each(RECORDS)('%s is not encoded', (_name, record) => {
  const records = [record as SenmlRecord];
  expect(() => encodeSenmlCbor(records)).toThrow(SenmlError);
  expect(() => encodeSenmlJson(records)).toThrow(SenmlError);
  expect(() => encodeSenmlPatch(records, 'cbor')).toThrow(SenmlError);
});
