import { expect, test } from 'vitest';
import { ObjectTree } from '../../src/objects/object-tree.ts';
import { announcedFormats, objectList, type ObjectListOptions } from '../../src/registration/object-list.ts';
import { defaultContentFormats } from '../../src/operations/formats.ts';
import { registry } from '../scenarios/world.ts';

function tree(): ObjectTree {
  const objects = new ObjectTree(registry.forVersions(new Map([[1, '1.1'], [3, '1.0'], [3303, '1.1']]))); // prettier-ignore
  for (const path of ['/0/0/0', '/21/0/0', '/1/0/1', '/3/0/9', '/3303/2/5700', '/3303/0/5700']) {
    objects.set(path, /5700|9|1$/.test(path) ? 1 : path.endsWith('21/0/0') ? new Uint8Array(1) : 'x');
  }
  objects.addObject(16);
  return objects;
}

const options: ObjectListOptions = { lwm2mVersion: '1.1', rootPath: '/', announcedFormats: [] };

test('Object Instances, Objects without one, versions that are not implied; never Objects of security', () => {
  expect(objectList(tree(), options)).toBe('</1/0>,</3>;ver=1.0,</3/0>,</16>,</3303>;ver=1.1,</3303/0>,</3303/2>');
  expect(objectList(tree(), { ...options, lwm2mVersion: '1.0' })).toContain('</1>;ver=1.1,</1/0>,</3/0>,');
  expect(objectList(tree(), { ...options, objectIds: [16, 1] })).toBe('</16>,</1/0>');
  expect(objectList(tree(), { ...options, objectIds: [] })).toBe('');
});

test('the root tells the formats, and the alternate path', () => {
  const list = objectList(tree(), { ...options, rootPath: '/lwm2m', announcedFormats: [110, 112], objectIds: [1] });
  expect(list).toBe('</lwm2m>;rt="oma.lwm2m";ct="110 112",</lwm2m/1/0>');
  expect(objectList(tree(), { ...options, announcedFormats: [112], objectIds: [1] })).toBe('</>;ct=112,</1/0>');
});

test.each([
  ['1.0', []],
  ['1.1', [112]],
  ['1.2', [110, 112, 320, 322, 11542, 11543, 11544]],
] as const)('a device of LwM2M %s announces %j', (lwm2mVersion, formats) => {
  expect(announcedFormats({ lwm2mVersion, contentFormats: defaultContentFormats(lwm2mVersion) }, false)).toEqual(
    formats,
  );
});

test('what a device is said to have it announces', () => {
  expect(announcedFormats({ lwm2mVersion: '1.0', contentFormats: [11542, 0, 110] }, true)).toEqual([110, 11542]);
});
