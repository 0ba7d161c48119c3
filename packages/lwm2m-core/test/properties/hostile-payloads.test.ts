import { describe, expect, test } from 'vitest';
import { CONTENT_FORMATS, decodeChanges, decodePathList, decodePayload, DecodeError } from '@flownexus/lwm2m-core';
import { definitions } from '../definitions.ts';

const SIZE = 65_536;
const PATHS = ['/', '/3', '/3/0', '/3/0/6', '/3/0/0', '/3442/0/150', '/d01/3/0'];
/** Time is linear in the size. What is quadratic takes many seconds for a payload of this size. */
const MANY_MS = 1500;

function text(unit: string): Uint8Array {
  return new TextEncoder().encode(unit.repeat(Math.ceil(SIZE / unit.length)).slice(0, SIZE));
}

function around(head: string, unit: string, tail: string): Uint8Array {
  const count = Math.floor((SIZE - head.length - tail.length) / unit.length);
  return new TextEncoder().encode(head + unit.repeat(count) + tail);
}

function bytes(...unit: number[]): Uint8Array {
  return Uint8Array.from({ length: SIZE }, (_, index) => unit[index % unit.length] ?? 0);
}

function behind(head: readonly number[], unit: readonly number[], tail: readonly number[] = []): Uint8Array {
  const all = bytes(...unit);
  all.set(head);
  all.set(tail, SIZE - tail.length);
  return all;
}

/** `count` records in a CBOR array, each a map of one name to one value. */
function cborRecords(name: (index: number) => string): Uint8Array {
  const parts: number[] = [0x9f];
  for (let index = 0; parts.length < SIZE - 64; index += 1) {
    const of = new TextEncoder().encode(name(index));
    parts.push(0xa2, 0x00, 0x78, of.length, ...of, 0x02, 0x01);
  }
  return Uint8Array.from([...parts, 0xff]);
}

function jsonRecords(name: (index: number) => string): Uint8Array {
  const parts: string[] = [];
  for (let index = 0, length = 0; length < SIZE - 64; index += 1) {
    const of = `{"n":"${name(index)}","v":1}`;
    length += of.length + 1;
    parts.push(of);
  }
  return new TextEncoder().encode(`[${parts.join(',')}]`);
}

const DOCUMENTS: readonly (readonly [name: string, payload: Uint8Array])[] = [
  ['zeros', bytes(0)],
  ['ones', bytes(0xff)],
  ['nested arrays', bytes(0x81)],
  ['nested arrays of indefinite length', bytes(0x9f)],
  ['nested maps', bytes(0xa1)],
  ['maps as keys', bytes(0xa1, 0xa1, 0x00)],
  ['nested tags', bytes(0xc1)],
  ['decimal fractions', behind([0x9f], [0xc4, 0x82, 0x00, 0x01])],
  ['an array that announces 2^32 items', behind([0x9a, 0xff, 0xff, 0xff, 0xff], [0x01])],
  ['a map that announces 2^32 pairs', behind([0xba, 0xff, 0xff, 0xff, 0xff], [0x01])],
  ['a string that announces 2^63 bytes', behind([0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x41])],
  ['a string in empty chunks', behind([0x5f], [0x40], [0xff])],
  ['a text in chunks of one character', behind([0x7f], [0x61, 0x61], [0xff])],
  ['a map with one key again and again', behind([0xbf], [0x01, 0x02], [0xff])],
  ['a map in a map of one Resource', behind([0xbf, 0x03, 0xbf, 0x00, 0xbf], [0x09, 0x01], [0xff, 0xff, 0xff])],
  ['an array key that does not end', behind([0xa1, 0x9f], [0x03])],
  ['records of one path', cborRecords(() => '/3/0/0')],
  ['records of many paths', cborRecords((index) => `/3/0/${String(index)}`)],
  ['records of many names', cborRecords((index) => `/p${String(index)}/3/0/0`)],
  ['Resource TLVs without a value', bytes(0xc0, 0x00)],
  ['Object Instance TLVs', bytes(0x00, 0x00)],
  ['nested TLVs', bytes(0x98, 0xff, 0xff)],
  [
    'distinct Resource TLVs',
    Uint8Array.from({ length: SIZE }, (_, index) => [0xe0, index >> 10, index >> 2, 0][index % 4] ?? 0),
  ],
  [
    'distinct Resource Instance TLVs',
    Uint8Array.from({ length: SIZE }, (_, index) => [0x61, index >> 10, index >> 2, 1][index % 4] ?? 0),
  ],
  ['nested JSON arrays', text('[')],
  ['nested JSON objects', text('{"a":')],
  ['a JSON array of numbers', around('[', '1,', '1]')],
  ['a JSON number of many digits', around('[{"n":"/3/0/9","v":', '9', '}]')],
  ['a JSON number with a long exponent', around('[{"n":"/3/0/9","v":1e', '9', '}]')],
  ['a JSON string of backslashes', around('[{"n":"', '\\\\', '"}]')],
  ['an open JSON string', text('"\\')],
  ['a long name', around('[{"n":"', '/3', '","v":1}]')],
  ['a long name of zeros', around('[{"n":"/3/0/', '0', '","v":1}]')],
  ['a long base name', around('[{"bn":"', '/', '","v":1},{"v":1},{"v":1},{"v":1}]')],
  ['bad base64', around('[{"n":"/3442/0/150","vd":"', 'A', '"}]')],
  ['JSON records of one path', jsonRecords(() => '/3/0/0')],
  ['JSON records of many paths', jsonRecords((index) => `/3/0/${String(index)}`)],
  ['one member again and again', around('[{', '"v":1,', '"v":1}]')],
  ['OMA JSON elements of one name', around('{"bn":"/3/0/","e":[', '{"n":"0","v":1},', '{"n":"0","v":1}]}')],
  ['OMA JSON with a long base name', around('{"bn":"/3/0/', '0', '","e":[{"n":"0","v":1}]}')],
  ['digits', text('9')],
  ['a decimal', text('.0')],
  ['UTF-8 of four bytes', bytes(0xf0, 0x9f, 0x98, 0x80)],
  ['UTF-8 that is cut off', bytes(0xe2, 0x82)],
];

describe('64 KB', () => {
  test.each(DOCUMENTS)('%s: a value or a DecodeError, before long', (_name, payload) => {
    for (const { number } of CONTENT_FORMATS) {
      for (const path of PATHS) {
        for (const source of [undefined, definitions]) {
          const begin = performance.now();
          try {
            decodePayload(payload, number, path, source, { now: 0, onWarning: () => undefined });
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
          expect(performance.now() - begin, `${String(number)} at ${path}`).toBeLessThan(MANY_MS);
        }
      }
      for (const decode of [decodePathList, decodeChanges]) {
        try {
          decode(payload, number);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }
    }
  });
});
