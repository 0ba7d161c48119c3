import { expect, test } from 'vitest';
import { impliedObjectVersion } from '../../src/registry/implied-versions.ts';

/* prettier-ignore */
test.each([
  ['1.0', { 0: '1.0', 1: '1.0', 2: '1.0', 3: '1.0', 4: '1.0', 5: '1.0', 6: '1.0', 7: '1.0', 21: '1.0', 3303: '1.0' }],
  ['1.1', { 0: '1.1', 1: '1.1', 2: '1.0', 3: '1.1', 4: '1.2', 5: '1.0', 6: '1.0', 7: '1.0', 21: '1.0', 3303: '1.0' }],
  ['1.2', { 0: '1.2', 1: '1.2', 2: '1.1', 3: '1.2', 4: '1.3', 5: '1.1', 6: '1.0', 7: '1.0', 21: '2.0', 23: '1.0',
            27: '1.0', 3303: '1.0', 65535: '1.0' }],
] as [string, Record<string, string>][])('an LwM2M %s client', (lwm2mVersion, expected) => {
  for (const [objectId, version] of Object.entries(expected)) {
    expect(impliedObjectVersion(lwm2mVersion, Number(objectId)), `Object ${objectId}`).toBe(version);
  }
});

test('a third component does not matter, and a later version counts as 1.2', () => {
  expect(impliedObjectVersion('1.1.1', 4)).toBe('1.2');
  expect(impliedObjectVersion('1.2.1', 4)).toBe('1.3');
  expect(impliedObjectVersion('1.3', 4)).toBe('1.3');
});
