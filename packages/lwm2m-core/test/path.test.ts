import { describe, expect, test } from 'vitest';
import {
  ROOT_PATH,
  comparePaths,
  formatPath,
  parsePath,
  pathLevel,
  pathOf,
  pathStartsWith,
  toPath,
  withPrefix,
} from '../src/path.ts';
import { Lwm2mError } from '../src/errors.ts';

function failure(text: string): Lwm2mError {
  try {
    parsePath(text);
  } catch (error) {
    if (error instanceof Lwm2mError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

describe('parsePath', () => {
  test.each([
    ['/', pathOf(), 0],
    ['', pathOf(), 0],
    ['/3', pathOf(3), 1],
    ['/3/0', pathOf(3, 0), 2],
    ['/3303/1/5700', pathOf(3303, 1, 5700), 3],
    ['/3/0/7/1', pathOf(3, 0, 7, 1), 4],
    ['3/0/7', pathOf(3, 0, 7), 3],
    ['/0/0/0/0', pathOf(0, 0, 0, 0), 4],
    ['/65535/65535/65535/65535', pathOf(65535, 65535, 65535, 65535), 4],
  ])('takes %j', (text, path, level) => {
    expect(parsePath(text)).toEqual(path);
    expect(pathLevel(parsePath(text))).toBe(level);
  });

  test.each([
    ['//', 1],
    ['/3/', 3],
    ['3//0', 2],
    ['/3/0/0/0/0', 9],
    ['/3/0/0/0/', 9],
    ['/03', 1],
    ['/3/00', 3],
    ['/65536', 1],
    ['/99999999999999999999', 1],
    ['/-1', 1],
    ['/+1', 1],
    ['/1.0', 2],
    ['/1e3', 2],
    [' /1', 0],
    ['/1 ', 2],
    ['/a', 1],
    ['/１', 1],
    ['/3/*/0', 3],
  ])('rejects %j at offset %i', (text, offset) => {
    const error = failure(text);
    expect(error.code).toBe('ERR_LWM2M_PATH');
    expect(error.message).toMatch(new RegExp(`at offset ${offset}$`));
  });

  test('gives paths with the same five fields at every level', () => {
    const fields = ['prefix', 'objectId', 'objectInstanceId', 'resourceId', 'resourceInstanceId'];
    for (const text of ['/', '/1', '/1/2', '/1/2/3', '/1/2/3/4', '/d01/1']) {
      expect(Object.keys(parsePath(text))).toEqual(fields);
    }
  });

  test.each([
    ['/d01/3303/0', withPrefix(pathOf(3303, 0), 'd01')],
    ['/n0/3', withPrefix(pathOf(3), 'n0')],
    ['0a1b/3/0/0', withPrefix(pathOf(3, 0, 0), '0a1b')],
    ['/a-b_c.d~e/3/0/6/1', withPrefix(pathOf(3, 0, 6, 1), 'a-b_c.d~e')],
  ])('takes the prefix of %j', (text, path) => {
    expect(parsePath(text)).toEqual(path);
    expect(formatPath(path)).toBe(text.startsWith('/') ? text : `/${text}`);
  });

  test.each(['/d01', '/d01/', '/d01/d02/3', '/3/d01/0', '/1.0/3', '/d*/3', '/ /3', `/${'d'.repeat(65)}/3`])(
    'refuses %j',
    (text) => {
      expect(() => parsePath(text)).toThrow(Lwm2mError);
    },
  );

  test.each(['', '1', 'd/1', 'd 1', 'd*'])('withPrefix refuses %j', (prefix) => {
    expect(() => withPrefix(pathOf(3), prefix)).toThrow(RangeError);
  });
});

describe('pathOf', () => {
  test('gives the root without ids', () => {
    expect(pathOf()).toBe(ROOT_PATH);
  });

  test.each([
    [[-1]],
    [[65536]],
    [[1.5]],
    [[Number.NaN]],
    [[3, 0, 7, 65536]],
    [[undefined, 0]],
    [[3, undefined, 7]],
    [[3, 0, undefined, 1]],
    [[undefined, undefined, undefined, 1]],
  ])('refuses %j', (ids: (number | undefined)[]) => {
    expect(() => pathOf(...ids)).toThrow(RangeError);
  });
});

test('formatPath writes a leading slash', () => {
  expect(formatPath(ROOT_PATH)).toBe('/');
  expect(formatPath(pathOf(3))).toBe('/3');
  expect(formatPath(pathOf(3, 0))).toBe('/3/0');
  expect(formatPath(pathOf(3, 0, 7))).toBe('/3/0/7');
  expect(formatPath(pathOf(3, 0, 7, 0))).toBe('/3/0/7/0');
});

test('toPath takes both forms', () => {
  const path = pathOf(3, 0);
  expect(toPath(path)).toBe(path);
  expect(toPath('/3/0')).toEqual(path);
});

test.each([
  ['/3/0/7', '/', true],
  ['/', '/', true],
  ['/3/0/7', '/3', true],
  ['/3/0/7', '/3/0', true],
  ['/3/0/7', '/3/0/7', true],
  ['/3/0/7/1', '/3/0/7', true],
  ['/3/0/7/1', '/3/0/7/1', true],
  ['/3/0/7', '/3/0/7/1', false],
  ['/3/0/7/2', '/3/0/7/1', false],
  ['/3/0', '/3/0/7', false],
  ['/33/0', '/3', false],
  ['/3/1/7', '/3/0', false],
  ['/', '/3', false],
  ['/d01/3/0', '/d01/3', true],
  ['/d01/3/0', '/3', false],
  ['/3/0', '/d01/3', false],
  ['/d02/3', '/d01/3', false],
  ['/d01/3', '/', true],
])('pathStartsWith(%s, %s) is %s', (path, prefix, expected) => {
  expect(pathStartsWith(parsePath(path), parsePath(prefix))).toBe(expected);
});

test('comparePaths sorts by number and parents first', () => {
  const sorted = ['/', '/1', '/1/0', '/1/0/5', '/1/0/5/0', '/1/0/10', '/1/2', '/3', '/10', '/d01/3', '/d02/1'];
  expect([...sorted].reverse().map(parsePath).sort(comparePaths).map(formatPath)).toEqual(sorted);
  expect(comparePaths(parsePath('/3/0'), pathOf(3, 0))).toBe(0);
});
