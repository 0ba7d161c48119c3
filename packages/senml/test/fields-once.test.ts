import { describe, expect, test } from 'vitest';
import { decodeSenmlCbor, decodeSenmlFetch, decodeSenmlPatch, SenmlError } from '@flownexus/senml';
import { fromHex } from './hex.ts';

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

// RFC 8428 §4.3, §6: a label is one field, as a number and as text. Two readers could else see two different records.
describe('a field under its number and under its name', () => {
  test.each([
    ['name', '81a3006161616e6162 0201'],
    ['name, text first', '81a3616e6162 006161 0201'],
    ['base name', '81a32161616262 6e6162 0201'],
    ['time', '81a4006161 0601 617402 0201'],
    ['unit', '81a4006161 01616d 61756173 0201'],
    ['value', '81a3006161 0201 617602'],
  ])('%s', (_name, hex) => {
    const bytes = fromHex(hex.replaceAll(' ', ''));
    const expected = { code: 'ERR_SENML_RECORD', record: 0, offset: 1 };
    expect(errorOf(() => decodeSenmlCbor(bytes))).toBeInstanceOf(SenmlError);
    expect(errorOf(() => decodeSenmlCbor(bytes))).toMatchObject(expected);
    expect(errorOf(() => decodeSenmlPatch(bytes, 'cbor'))).toMatchObject(expected);
  });

  test('in a Fetch Pack', () => {
    const bytes = fromHex('81a2006161616e6162');
    expect(errorOf(() => decodeSenmlFetch(bytes, 'cbor'))).toMatchObject({ code: 'ERR_SENML_RECORD' });
  });
});

test('a field under its name alone, and a name that is no field', () => {
  expect(decodeSenmlCbor(fromHex('81a3616e6161617601616301'))).toEqual([{ n: 'a', v: 1 }]);
  expect(decodeSenmlCbor(fromHex('81a2006161' + '68746f537472696e67' + '01'))).toEqual([{ n: 'a' }]);
});
