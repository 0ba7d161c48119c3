import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  decodeCbor,
  decodeSenmlCbor,
  decodeSenmlFetch,
  decodeSenmlJson,
  decodeSenmlPatch,
  packSenml,
  resolveSenml,
  SenmlError,
} from '@flownexus/senml';

// Bounds that what is linear keeps by far, on slow machines too, and what is quadratic breaks.
const MAX_MILLISECONDS = 1000;
const MAX_RETAINED_BYTES = 32 * 2 ** 20;
const SIZE = 65_536;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Decodes, which may be refused, and keeps an eye on time and memory. */
function expectBounded(decode: () => unknown): unknown {
  const before = memoryInUse();
  const start = performance.now();
  let result: unknown;
  try {
    result = decode();
  } catch (error) {
    expect(error).toBeInstanceOf(SenmlError);
  }
  expect(performance.now() - start).toBeLessThan(MAX_MILLISECONDS);
  expect(memoryInUse() - before).toBeLessThan(MAX_RETAINED_BYTES);
  // Given back, so that it is there when memory is looked at.
  return result;
}

/** The start, the unit as often as it fits, and the end. */
function repeat(start: readonly number[], unit: readonly number[], end: readonly number[] = []): Uint8Array {
  const count = Math.floor((SIZE - start.length - end.length) / unit.length);
  return Uint8Array.from([...start, ...Array.from({ length: count }, () => unit).flat(), ...end]);
}

/** A map of indefinite length with a key for each number. */
function mapOf(keyOf: (index: number) => readonly number[]): Uint8Array {
  const codes = [0x81, 0xbf];
  for (let index = 0; codes.length < SIZE; index += 1) codes.push(...keyOf(index), 0);
  return Uint8Array.from([...codes, 0xff]);
}

const cborInputs: readonly (readonly [string, Uint8Array])[] = [
  ['nested arrays', repeat([], [0x81])],
  ['nested arrays without end', repeat([], [0x9f])],
  ['nested maps as values', repeat([], [0xa1, 0])],
  ['nested maps as keys', repeat([], [0xa1])],
  ['eight levels as keys', repeat([0x81, 0xa1, 0x81, 0xa1, 0x81, 0xa1, 0x81, 0x5f], [0x40])],
  ['tags', repeat([], [0xc1])],
  ['tagged items', repeat([0x9f], [0xc1, 0xc2, 0xc3, 0xc5, 0], [0xff])],
  ['many records', repeat([0x9f], [0xa0], [0xff])],
  ['many arrays', repeat([0x9f], [0x80], [0xff])],
  ['many floats', repeat([0x9f], [0xf9, 0, 0], [0xff])],
  ['many integers of eight bytes', repeat([0x9f], [0x1b, 0, 0, 0, 0, 0, 0, 0, 1], [0xff])],
  ['many byte order marks', repeat([0x9f], [0x63, 0xef, 0xbb, 0xbf], [0xff])],
  ['many strings in chunks', repeat([0x9f], [0x7f, 0x61, 0x61, 0xff], [0xff])],
  ['many empty chunks', repeat([0x81, 0x5f], [0x40], [0xff])],
  ['many chunks of text', repeat([0x81, 0x7f], [0x61, 0x61], [0xff])],
  ['chunks as keys', repeat([0x81, 0xbf], [0x7f, 0x61, 0x61, 0x61, 0x62, 0xff, 0], [0xff])],
  ['many integers as keys', mapOf((index) => [0x19, index >> 8, index & 255])],
  ['many texts as keys', mapOf((index) => [0x64, ...Buffer.from(String(index).padStart(4, '0'))])],
  ['many arrays as keys', mapOf((index) => [0x83, 3, 0, 0x19, index >> 8, index & 255])],
  ['many floats as keys', mapOf((index) => [0xfa, 0x47, index >> 8, index & 255, 0])],
  ['a long name', repeat([0x81, 0xa1, 0, 0x79, 0xff, 0xf9], [0x61])],
  ['a long name that is no ASCII', repeat([0x81, 0xa1, 0, 0x79, 0xff, 0xf8], [0xc3, 0xa9])],
  ['a huge count of items', Uint8Array.of(0x9b, 0, 0, 0, 1, 0, 0, 0, 0, ...new Uint8Array(SIZE - 9))],
  ['huge counts within each other', repeat([], [0x9a, 0, 0, 0xf0, 0])],
  ['a huge length', Uint8Array.of(0x81, 0x5b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...new Uint8Array(SIZE))],
  ['many values', repeat([0x9f], [0xa2, 0, 0x61, 0x61, 2, 0xfb, 0x40, 0x39, 0, 0, 0, 0, 0, 0], [0xff])],
  ['decimal fractions', repeat([0x9f], [0xc4, 0x82, 0x1b, 255, 255, 255, 255, 255, 255, 255, 255, 1], [0xff])],
];

const fill = (start: string, unit: string, end = ''): string =>
  start + unit.repeat(Math.floor((SIZE - start.length - end.length) / unit.length)) + end;

const jsonInputs: readonly (readonly [string, string])[] = [
  ['nested arrays', fill('', '[')],
  ['nested objects', fill('', '{"a":')],
  ['a long integer', fill('[{"v":', '1', '}]')],
  ['a long fraction', fill('[{"v":1.', '0', '}]')],
  ['a long fraction that ends otherwise', fill('[{"v":1.', '0', '1}]')],
  ['a long exponent', fill('[{"v":1e', '9', '}]')],
  ['many points', fill('[{"v":', '1.', '}]')],
  ['many signs', fill('[{"v":', '-', '}]')],
  ['many integral floats', fill('[', '{"n":"a","v":1.0},', '{}]')],
  ['many large integers', fill('[', '{"v":9007199254740993},', '{}]')],
  ['long base64', fill('[{"vd":"', 'A', '"}]')],
  ['long base64 that is none', fill('[{"vd":"', 'A', '."}]')],
  ['backslashes', fill('[{"n":"', '\\\\', '"}]')],
  ['backslashes without end', fill('[{"n":"', '\\')],
  ['escapes', fill('[{"n":"', '\\u0041', '"}]')],
  ['quotes', fill('[', '"')],
  ['spaces', fill('[', ' ')],
  ['commas', fill('[', ',')],
  ['colons', fill('[{"a"', ':')],
  ['a long name', fill('[{"n":"', 'a', '"}]')],
  ['a long label', fill('[{"', 'a', '":1}]')],
  ['the same label', fill('[{', '"a":1,', '"a":1}]')],
  ['many records', fill('[', '{},', '{}]')],
  ['duplicates in the last of many records', fill('[', '{},', '{"a":1,"a":1}]')],
  ['an error in the last of many records', fill('[', '{},', '{"n":1}]')],
  ['an error at the end', fill('[', '{"a":[1]},', '{]')],
  ['many labels', `[{${Array.from({ length: 7000 }, (_, index) => `"${index}":1`).join(',')}}]`],
];

describe.each(cborInputs)('CBOR: %s', (_, bytes) => {
  test('decodes or is refused, within bounds', () => {
    expectBounded(() => decodeCbor(bytes, undefined, { tags: true }));
    expectBounded(() => resolveSenml(decodeSenmlCbor(bytes)));
    expectBounded(() => decodeSenmlFetch(bytes, 'cbor'));
    expectBounded(() => decodeSenmlPatch(bytes, 'cbor'));
  });
});

describe.each(jsonInputs)('JSON: %s', (_, document) => {
  test('decodes or is refused, within bounds', () => {
    const bytes = new TextEncoder().encode(document);
    expectBounded(() => resolveSenml(decodeSenmlJson(document)));
    expectBounded(() => decodeSenmlJson(bytes));
    expectBounded(() => decodeSenmlFetch(bytes, 'json'));
    expectBounded(() => decodeSenmlPatch(bytes, 'json'));
  });
});

test('a long base name times many records', () => {
  const records = Array.from({ length: 10_000 }, (_, index) =>
    index === 0 ? { bn: 'a'.repeat(511), n: 'b' } : { n: 'b' },
  );
  expectBounded(() => resolveSenml(records));
  expectBounded(() => packSenml(resolveSenml(records)));
  expect(() => resolveSenml([{ bn: 'a'.repeat(512), n: 'b' }])).toThrow(SenmlError);
});
