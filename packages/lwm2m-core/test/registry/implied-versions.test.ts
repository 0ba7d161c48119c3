import { expect, test } from 'vitest';
import { impliedObjectVersion } from '../../src/registry/implied-versions.ts';

/* prettier-ignore */
test.each([
  // The Object, then its version as LwM2M 1.0, 1.1 and 1.2 imply it. 21 came with 1.1, 23 to 27 came with 1.2.
  [0, '1.0', '1.1', '1.2'],
  [1, '1.0', '1.1', '1.2'],
  [2, '1.0', '1.0', '1.1'],
  [3, '1.0', '1.1', '1.2'],
  [4, '1.0', '1.2', '1.3'],
  [5, '1.0', '1.0', '1.1'],
  [6, '1.0', '1.0', '1.0'],
  [7, '1.0', '1.0', '1.0'],
  [21, '1.0', '1.0', '2.0'],
  [23, '1.0', '1.0', '1.0'],
  [24, '1.0', '1.0', '1.0'],
  [25, '1.0', '1.0', '1.0'],
  [26, '1.0', '1.0', '1.0'],
  [27, '1.0', '1.0', '1.0'],
  [10, '1.0', '1.0', '1.0'],
  [3303, '1.0', '1.0', '1.0'],
  [65535, '1.0', '1.0', '1.0'],
])('Object %i is %s, %s and %s (TS Core §7.2.2)', (objectId, ...versions) => {
  expect(['1.0', '1.1', '1.2'].map((lwm2mVersion) => impliedObjectVersion(lwm2mVersion, objectId))).toEqual(versions);
});

test('a third component does not matter, and a later version counts as 1.2', () => {
  expect(impliedObjectVersion('1.1.1', 4)).toBe('1.2');
  expect(impliedObjectVersion('1.2.1', 4)).toBe('1.3');
  expect(impliedObjectVersion('1.3', 4)).toBe('1.3');
});
