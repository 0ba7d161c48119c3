import { expect, test } from 'vitest';
import { parsePath } from '@flownexus/lwm2m-core';
import { readablePath, targetPath, uriPath } from '../../src/downlink/target.ts';

test.each([
  ['/', '/3', ['3']],
  ['/', '/3/0/7/1', ['3', '0', '7', '1']],
  ['/lwm2m', '/3/0', ['lwm2m', '3', '0']],
  ['/a/b%20c', '/3/0/9', ['a', 'b c', '3', '0', '9']],
])('below %s, %s is %j', (rootPath, path, expected) => {
  expect(uriPath(rootPath, parsePath(path))).toEqual(expected);
});

test('an Observe names at least an Object', () => {
  expect(() => readablePath('/')).toThrow(RangeError);
  expect(() => readablePath('/x')).toThrow(/offset/);
  expect(readablePath('/3')).toEqual(parsePath('/3'));
});

test('a device behind a gateway has its prefix after the root path', () => {
  expect(uriPath('/lwm2m', parsePath('/d01/3/0'))).toEqual(['lwm2m', 'd01', '3', '0']);
});

test.each([
  ['write', ['/3', '/3/0', '/3/0/9', '/3/0/7/0'], ['/']],
  ['update', ['/3/0', '/3/0/9', '/3/0/7/0'], ['/', '/3']],
  ['writeAttributes', ['/3', '/3/0', '/3/0/9', '/3/0/7/0'], ['/']],
  ['execute', ['/3/0/4'], ['/', '/3', '/3/0', '/3/0/4/0']],
  ['create', ['/3', '/d01/3'], ['/', '/3/0', '/3/0/4', '/3/0/4/0']],
  ['delete', ['/3', '/3/0', '/3/0/9', '/3/0/7/0'], ['/']],
] as const)('%s has a form at %j, not at %j', (operation, possible, impossible) => {
  for (const path of possible) expect(targetPath(path, operation)).toEqual(parsePath(path));
  for (const path of impossible) expect(() => targetPath(path, operation)).toThrow(RangeError);
});
