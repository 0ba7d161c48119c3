import { describe, expect, test } from 'vitest';
import { decodePayload, encodePayload, formatPath } from '@flownexus/lwm2m-core';
import { definitions } from '../definitions.ts';
import { fromText, toText } from '../hex.ts';

const level = { kind: 'singleResource', id: 9, type: 'integer', value: 65 } as const;
const device = { kind: 'objectInstance', id: 0, resources: [level] } as const;
const options = { rootPath: '/lwm2m' };

// TS Transport §6.4.1: requests have the alternate path in their Uri-Path, and names begin with it.
describe('of a device with an alternate path', () => {
  test.each([
    [110, '[{"bn":"/lwm2m/3/0/","n":"9","v":65}]'],
    [11543, '{"bn":"/lwm2m/3/0/","e":[{"n":"9","v":65}]}'],
  ])('the names in %i begin with it', (contentFormat, text) => {
    const bytes = encodePayload(device, contentFormat, '/3/0', definitions, options);
    expect(toText(bytes)).toBe(text);
    expect(decodePayload(bytes, contentFormat, '/3/0', definitions, options).node).toEqual(device);
  });

  test.each([11542, 11544])('the ids in %i stay as they are', (contentFormat) => {
    const bytes = encodePayload(device, contentFormat, '/3/0', definitions, options);
    expect(bytes).toEqual(encodePayload(device, contentFormat, '/3/0', definitions));
    expect(decodePayload(bytes, contentFormat, '/3/0', definitions, options).node).toEqual(device);
  });

  test('a prefix stands behind it', () => {
    const text = '[{"bn":"/lwm2m/d01/3/0/","n":"9","v":65}]';
    expect(toText(encodePayload(device, 110, '/d01/3/0', definitions, options))).toBe(text);
    const { records } = decodePayload(fromText(text), 110, '/d01/3/0', definitions, options);
    expect(records.map(({ path }) => formatPath(path))).toEqual(['/d01/3/0/9']);
  });
});

// TS Gateway §10 has an example whose names join to /d01/3/0//9.
test('a name with an empty segment is no path', () => {
  const text = '[{"bn":"/d01/3/0/","n":"0","vs":"x"},{"n":"/9","v":1}]';
  expect(() => decodePayload(fromText(text), 110, '/d01/3/0', definitions)).toThrow(
    expect.objectContaining({ code: 'ERR_LWM2M_DECODE', offset: 37 }) as Error,
  );
});
