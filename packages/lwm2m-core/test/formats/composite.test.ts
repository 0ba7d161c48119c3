import { describe, expect, test } from 'vitest';
import {
  decodeChanges,
  decodePathList,
  decodePayload,
  encodeChanges,
  encodePathList,
  formatPath,
  Lwm2mError,
  parsePath,
} from '@flownexus/lwm2m-core';
import type { ResourceChange } from '@flownexus/lwm2m-core';
import { definitions } from '../definitions.ts';
import { toHex } from '../hex.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('lists of paths', () => {
  test.each([110, 112, 320, 322])('in %i keep their order, alternate path and prefix', (contentFormat) => {
    const paths = ['/3/0/9', '/d01/3303', '/', '/1/0', '/3/0/6/1'];
    const options = { rootPath: '/lwm2m' };
    const bytes = encodePathList(paths, contentFormat, options);
    expect(decodePathList(bytes, contentFormat, options).map(formatPath)).toEqual(paths);
  });

  test('a time is no part of a path', () => {
    expect(() => decodePathList(utf8('[{"n":"/3/0/9","t":5}]'), 320)).toThrow(Lwm2mError);
  });

  test('a Fetch Pack has a path at least', () => {
    const expected = expect.objectContaining({ code: 'ERR_LWM2M_ENCODE' }) as Error;
    expect(() => encodePathList([], 320)).toThrow(expected);
  });
});

describe('changes', () => {
  const changes: readonly ResourceChange[] = [
    { path: parsePath('/16/0/0/0'), type: 'string', value: 'a', time: undefined },
    { path: parsePath('/16/0/0/1'), value: null },
    { path: parsePath('/6/0/0'), type: 'float', value: 43, time: undefined },
  ];

  test('in SenML-ETCH JSON', () => {
    const text = '[{"bn":"/","n":"16/0/0/0","vs":"a"},{"n":"16/0/0/1","v":null},{"n":"6/0/0","v":43.0}]';
    expect(textOf(encodeChanges(changes, 320))).toBe(text);
    expect(decodeChanges(utf8(text), 320)).toEqual(changes);
  });

  test('in SenML-ETCH CBOR', () => {
    const bytes = encodeChanges(changes, 322, undefined, { rootPath: '/lwm2m' });
    expect(decodeChanges(bytes, 322, undefined, { rootPath: '/lwm2m' })).toEqual(changes);
    // {n: "16/0/0/1", v: null}
    expect(toHex(bytes)).toContain('a2006831362f302f302f3102f6');
  });

  test.each([110, 112])('in SenML %i, which removes nothing', (contentFormat) => {
    const values = [changes[0]!, changes[2]!];
    expect(decodeChanges(encodeChanges(values, contentFormat), contentFormat, definitions)).toEqual(values);
    const expected = expect.objectContaining({ code: 'ERR_LWM2M_ENCODE' }) as Error;
    expect(() => encodeChanges(changes, contentFormat)).toThrow(expected);
  });

  test.each([110, 320])('times and deviations are told in %i', (contentFormat) => {
    const warnings: string[] = [];
    const options = { now: 1_700_000_000, onWarning: ({ message }: { message: string }) => warnings.push(message) };
    const bytes = utf8('[{"n":"/3/0/9","vs":"x","t":-5}]');
    expect(decodeChanges(bytes, contentFormat, definitions, options)).toMatchObject([{ time: 1_699_999_995 }]);
    expect(warnings).toEqual(['expected a value of type integer, found string']);
    const change = { path: parsePath('/3/0/9'), type: 'integer', value: 5, time: 1_700_000_000 } as const;
    expect(decodeChanges(encodeChanges([change], contentFormat), contentFormat)).toEqual([change]);
  });

  test('an Object can be removed where the device allows it, not written', () => {
    expect(decodeChanges(utf8('[{"n":"/16/0","v":null}]'), 320)).toEqual([{ path: parsePath('/16/0'), value: null }]);
    expect(() => decodeChanges(utf8('[{"n":"/16/0","v":1}]'), 320)).toThrow(Lwm2mError);
  });

  test.each([0, 40, 11542, 11544])('not in %i', (contentFormat) => {
    const expected = expect.objectContaining({ code: 'ERR_LWM2M_CONTENT_FORMAT' }) as Error;
    expect(() => decodeChanges(new Uint8Array(), contentFormat)).toThrow(expected);
    expect(() => encodeChanges(changes, contentFormat)).toThrow(expected);
  });
});

test.each([320, 322])('a payload of values is not in %i', (contentFormat) => {
  const expected = expect.objectContaining({ code: 'ERR_LWM2M_CONTENT_FORMAT' }) as Error;
  expect(() => decodePayload(utf8('[]'), contentFormat, '/')).toThrow(expected);
});
