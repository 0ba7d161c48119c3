import { describe, expect, test } from 'vitest';
import { decodePayload, encodePayload, Lwm2mError } from '@flownexus/lwm2m-core';
import type { ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { everythingIs } from '../definitions.ts';
import { fromHex, toHex } from '../hex.ts';

const decode = (hex: string, type?: ResourceType): unknown =>
  decodePayload(fromHex(hex), 60, '/0/0/0', type === undefined ? undefined : everythingIs(type)).records[0];

describe('decoding', () => {
  test.each<[string, ResourceType | undefined, ResourceType, ResourceValue]>([
    ['f94d80', 'integer', 'integer', 22],
    ['f94d80', 'time', 'time', 22],
    ['fa41b00000', undefined, 'float', 22],
    ['16', 'float', 'float', 22],
    ['1bffffffffffffffff', 'integer', 'unsignedInteger', 2n ** 64n - 1n],
    ['1b0000000000000005', undefined, 'integer', 5],
    ['20', 'unsignedInteger', 'integer', -1],
    ['f93e00', 'integer', 'float', 1.5],
    ['c1fb41d452d9ec200000', 'time', 'time', 1363896240.5],
    ['c074323031332d30332d32315432303a30343a30305a', 'string', 'string', '2013-03-21T20:04:00Z'],
    ['c0656e65766572', 'time', 'string', 'never'],
    ['6436363a30', 'objlnk', 'objlnk', { objectId: 66, objectInstanceId: 0 }],
    ['6536363a3000', 'objlnk', 'objlnk', { objectId: 66, objectInstanceId: 0 }],
    ['6436363a30', undefined, 'string', '66:0'],
    ['663c2f332f303e', 'corelnk', 'corelnk', '</3/0>'],
    ['6131', 'integer', 'string', '1'],
    ['f5', 'integer', 'boolean', true],
    ['4101', 'string', 'opaque', Uint8Array.of(1)],
  ])('%s declared as %s is %s', (hex, declared, type, value) => {
    expect(decode(hex, declared)).toMatchObject({ type, value });
  });

  test.each(['', '1b', 'a0', 'f6', '0000', '3b8000000000000000', 'c1c1c1c1c100', 'c0'])('refuses %s', (hex) => {
    expect(() => decode(hex)).toThrow(Lwm2mError);
  });
});

test.each<[ResourceType, ResourceValue, string]>([
  ['integer', 22, '16'],
  ['float', 22, 'f94d80'],
  ['float', Number.NaN, 'f97e00'],
  ['time', 1363896240, 'c11a514b67b0'],
  ['unsignedInteger', 2n ** 64n - 1n, '1bffffffffffffffff'],
  ['objlnk', { objectId: 66, objectInstanceId: 0 }, '6436363a30'],
  ['boolean', false, 'f4'],
  ['opaque', Uint8Array.of(1), '4101'],
  ['corelnk', '</3/0>', '663c2f332f303e'],
])('%s %s', (type, value, hex) => {
  expect(toHex(encodePayload({ kind: 'singleResource', id: 0, type, value }, 60, '/0/0/0'))).toBe(hex);
});

test.each([
  ['c24105', undefined, 'integer', 5],
  ['c248ffffffffffffffff', undefined, 'unsignedInteger', 2n ** 64n - 1n],
  ['c34100', undefined, 'integer', -1],
  ['c240', undefined, 'integer', 0],
  ['c249000000000000000005', 'integer', 'integer', 5],
  ['c24105', 'float', 'float', 5],
] as const)('bignum %s, declared as %s, is of type %s: %s', (hex, declared, type, value) => {
  expect(decode(hex, declared)).toMatchObject({ type, value });
});

test.each(['c249010000000000000000', 'c3488000000000000000'])('bignum %s is beyond 64 bits', (hex) => {
  expect(() => decode(hex)).toThrow(Lwm2mError);
});
