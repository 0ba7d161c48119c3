import { expect, test } from 'vitest';
import { formatPath, parseLinkFormat, parsePath, readObjectList, withPrefix } from '@flownexus/lwm2m-core';

// TS Gateway: /25/x/3 lists the Objects of a device behind the gateway, without its prefix (/25/x/1).
test('the Objects of a device behind a gateway are read as those of a registration, and get their prefix after it', () => {
  const list = readObjectList(parseLinkFormat('</3>;ver=1.1,</3/0>,</3303/0>,</3303/1>'), '1.1');
  expect([...list.instances]).toEqual([
    [3, [0]],
    [3303, [0, 1]],
  ]);
  expect(list.objectVersions.get(3)).toBe('1.1');
  const paths = list.links.map(({ path }) => formatPath(withPrefix(parsePath(path), 'd01')));
  expect(paths).toEqual(['/d01/3', '/d01/3/0', '/d01/3303/0', '/d01/3303/1']);
});
