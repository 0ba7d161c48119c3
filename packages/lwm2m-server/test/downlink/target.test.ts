import { expect, test } from 'vitest';
import { parsePath } from '@flownexus/lwm2m-core';
import { readablePath, uriPath } from '../../src/downlink/target.ts';

test.each([
  ['/', '/3', ['3']],
  ['/', '/3/0/7/1', ['3', '0', '7', '1']],
  ['/lwm2m', '/3/0', ['lwm2m', '3', '0']],
  ['/a/b%20c', '/3/0/9', ['a', 'b c', '3', '0', '9']],
])('below %s, %s is %j', (rootPath, path, expected) => {
  expect(uriPath(rootPath, parsePath(path))).toEqual(expected);
});

test('a Read names at least an Object', () => {
  expect(() => readablePath('/')).toThrow(RangeError);
  expect(() => readablePath('/x')).toThrow(/offset/);
  expect(readablePath('/3')).toEqual(parsePath('/3'));
});
