import type { ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { toColumns, toJsonValue, valueTypes } from '../../src/values/value-columns.ts';
import { ValueReader } from '../../src/values/value-reader.ts';
import type { JsonValue } from '../../src/values/value-schemas.ts';
import { record, values } from '../support/batches.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';

const cases: readonly [string, ResourceType, ResourceValue, string, JsonValue][] = [
  ['a text', 'string', 'Zephyr', 'str_value', 'Zephyr'],
  ['an empty text', 'string', '', 'str_value', ''],
  ['a text with NUL and astral letters', 'string', 'a\0b𝄞', 'blob_value', 'a\0b𝄞'],
  ['a long text', 'string', 'x'.repeat(70_000), 'str_value', 'x'.repeat(70_000)],
  ['an integer', 'integer', -5, 'int_value', -5],
  ['the greatest safe integer', 'integer', Number.MAX_SAFE_INTEGER, 'int_value', Number.MAX_SAFE_INTEGER],
  ['an integer one beyond', 'integer', 2n ** 53n + 1n, 'int_value', '9007199254740993'],
  ['the least 64-bit integer', 'integer', -(2n ** 63n), 'int_value', '-9223372036854775808'],
  ['the greatest signed 64-bit integer', 'unsignedInteger', 2n ** 63n - 1n, 'int_value', '9223372036854775807'],
  ['the greatest unsigned 64-bit integer', 'unsignedInteger', 2n ** 64n - 1n, 'str_value', '18446744073709551615'],
  ['a small bigint', 'unsignedInteger', 7n, 'int_value', 7],
  ['a double', 'float', 24.899181214836236, 'float_value', 24.899181214836236],
  ['a whole float', 'float', 24, 'float_value', 24],
  ['the least double', 'float', Number.MIN_VALUE, 'float_value', Number.MIN_VALUE],
  ['the greatest double', 'float', Number.MAX_VALUE, 'float_value', Number.MAX_VALUE],
  ['no number', 'float', Number.NaN, 'str_value', 'NaN'],
  ['an infinite one', 'float', -Infinity, 'str_value', '-Infinity'],
  ['true', 'boolean', true, 'bool_value', true],
  ['false', 'boolean', false, 'bool_value', false],
  ['bytes', 'opaque', new Uint8Array([0, 255, 16]), 'blob_value', 'AP8Q'],
  ['no bytes', 'opaque', new Uint8Array(0), 'blob_value', ''],
  ['a time', 'time', 1_767_225_600, 'int_value', 1_767_225_600],
  ['a time with a fraction', 'time', 1_767_225_600.25, 'float_value', 1_767_225_600.25],
  ['a link to an Object Instance', 'objlnk', { objectId: 66, objectInstanceId: 0 }, 'str_value', '66:0'],
  ['a CoRE link', 'corelnk', '</3/0>', 'str_value', '</3/0>'],
];

test.each(cases)('%s has its column', (_, type, value, column, json) => {
  const { int, float, bool, str, blob } = toColumns(type, value);
  const row = { int_value: int, float_value: float, bool_value: bool, str_value: str, blob_value: blob };
  expect(Object.entries(row).filter(([, held]) => held !== null).map(([name]) => name)).toEqual([column]); // prettier-ignore
  // As a database gives it back.
  const read = typeof int === 'bigint' && !Number.isSafeInteger(Number(int)) ? String(int) : int === null ? null : Number(int); // prettier-ignore
  expect(toJsonValue(valueTypes[type], { ...row, int_value: read })).toEqual(json);
});

onEachDatabase('values', (kind) => {
  test('come back exactly', async () => {
    const { ingest, database, stored } = await testIngest(kind);
    // No registry knows this Object: the type is what the device sent.
    const records = cases.map(([, type, value], index) => record(`/33000/0/${String(index)}`, type, value));
    await ingest.submit(values('a', records));
    const items = await new ValueReader(database.reads).byKeys(stored.flat()[0]?.values ?? []);
    expect(items.map(({ item }) => [item.type, item.value])).toEqual(cases.map(([, type, , , json]) => [valueTypes[type], json])); // prettier-ignore
  });
});

describe('a value that is not of its type is refused', () => {
  test.each<[ResourceType, ResourceValue]>([
    ['string', 1],
    ['integer', 1.5],
    ['integer', '1'],
    ['float', '1'],
    ['float', 1n],
    ['boolean', 1],
    ['opaque', 'AP8Q'],
    ['objlnk', '66:0'],
    ['objlnk', new Uint8Array(4)],
    ['none', ''],
  ])('%s from %o', (type, value) => {
    expect(() => toColumns(type, value)).toThrow(TypeError);
  });
});
