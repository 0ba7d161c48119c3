import type { ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import type { JsonValue } from '../../src/http/api-types.ts';
import { jsonOfValue, typeOfJson, valueOfJson } from '../../src/values/json-value.ts';

test.each<[ResourceType, ResourceValue, JsonValue]>([
  ['string', 'a\0ü', 'a\0ü'],
  ['integer', -5, -5],
  ['integer', -(2n ** 63n), '-9223372036854775808'],
  ['unsignedInteger', 2n ** 64n - 1n, '18446744073709551615'],
  ['float', 1.5, 1.5],
  ['float', -Infinity, '-Infinity'],
  ['boolean', false, false],
  ['opaque', Uint8Array.of(0, 255), 'AP8='],
  ['time', 1_767_225_600, 1_767_225_600],
  ['objlnk', { objectId: 66, objectInstanceId: 0 }, '66:0'],
  ['corelnk', '</3>', '</3>'],
])('a value of type %s is the same after JSON: %o', (type, value, json) => {
  expect(jsonOfValue(value)).toEqual(json);
  expect(valueOfJson(json, type)).toEqual(value);
});

test.each<[ResourceType, JsonValue]>([
  ['string', 5],
  ['string', '\ud800'],
  ['integer', 1.5],
  ['integer', 2 ** 53],
  ['integer', '9223372036854775808'],
  ['integer', '1e3'],
  ['integer', ''],
  ['unsignedInteger', -1],
  ['float', '1.5'],
  ['boolean', 1],
  ['opaque', 'AP8'],
  ['opaque', 'a-_='],
  ['objlnk', '66'],
  ['objlnk', '65536:0'],
  ['time', 'now'],
  ['none', ''],
])('of type %s it is none: %o', (type, json) => {
  expect(valueOfJson(json, type)).toBeUndefined();
});

test('JSON has a type of its own', () => {
  expect(['x', true, 1, 1.5].map(typeOfJson)).toEqual(['string', 'boolean', 'integer', 'float']);
});
