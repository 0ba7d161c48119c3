import { expect, test } from 'vitest';
import { CONTENT_FORMATS, ContentFormat, contentFormatName, describeContentFormat } from '../src/content-format.ts';

test('each number is described once', () => {
  const numbers = CONTENT_FORMATS.map((description) => description.number);
  expect(numbers).toEqual([0, 40, 42, 60, 110, 112, 320, 322, 11542, 11543, 11544, 1541, 1542, 1543]);
  for (const number of Object.values(ContentFormat)) expect(describeContentFormat(number)?.number).toBe(number);
});

test('describes a format', () => {
  expect(describeContentFormat(ContentFormat.SENML_CBOR)).toEqual({
    number: 112,
    name: 'SenML CBOR',
    mediaType: 'application/senml+cbor',
    lwm2mVersions: ['1.1', '1.2'],
    values: 'many',
    text: false,
    aliasOf: undefined,
  });
  expect(describeContentFormat(50)).toBeUndefined();
});

test('old numbers stand for the registered ones', () => {
  expect([1541, 1542, 1543].map((number) => describeContentFormat(number)?.aliasOf)).toEqual([0, 11542, 11543]);
});

test('names formats, unknown ones by their number', () => {
  expect(contentFormatName(ContentFormat.TLV)).toBe('TLV');
  expect(contentFormatName(9999)).toBe('9999');
});
