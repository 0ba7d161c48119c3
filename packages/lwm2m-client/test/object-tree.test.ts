import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { beforeEach, expect, test } from 'vitest';
import { limits } from '../src/limits.ts';
import { ObjectTree } from '../src/object-tree.ts';

let tree: ObjectTree;

beforeEach(async () => {
  tree = new ObjectTree(await ObjectRegistry.bundled());
});

test('a Resource has the type of its definition', () => {
  tree.set('/3/0/0', 'Zephyr');
  tree.set('/3303/0/5700', 22);
  expect(tree.read('/3/0/0')).toEqual({ kind: 'singleResource', id: 0, type: 'string', value: 'Zephyr' });
  expect(tree.read('/3303/0/5700')).toEqual({ kind: 'singleResource', id: 5700, type: 'float', value: 22 });
});

test('a map is a multiple Resource, whose Resource Instances are readable one by one', () => {
  tree.set('/3/0/7', new Map([[1, 5000], [0, 3800]])); // prettier-ignore
  expect(tree.read('/3/0/7')).toEqual({
    kind: 'multipleResource',
    id: 7,
    type: 'integer',
    instances: [
      { kind: 'resourceInstance', id: 0, type: 'integer', value: 3800 },
      { kind: 'resourceInstance', id: 1, type: 'integer', value: 5000 },
    ],
  });
  expect(tree.read('/3/0/7/1')).toEqual({ kind: 'resourceInstance', id: 1, type: 'integer', value: 5000 });
  expect(tree.read('/3/0/7/2')).toBeUndefined();
});

test('what stands above a Resource is read in ascending order of ids', () => {
  tree.set('/3303/1/5700', 2);
  tree.set('/3303/0/5701', 'Cel');
  tree.set('/3303/0/5700', 1);
  expect(tree.read('/3303')).toEqual({
    kind: 'object',
    id: 3303,
    instances: [
      {
        kind: 'objectInstance',
        id: 0,
        resources: [
          { kind: 'singleResource', id: 5700, type: 'float', value: 1 },
          { kind: 'singleResource', id: 5701, type: 'string', value: 'Cel' },
        ],
      },
      { kind: 'objectInstance', id: 1, resources: [{ kind: 'singleResource', id: 5700, type: 'float', value: 2 }] },
    ],
  });
  expect(tree.read('/3303/0')).toMatchObject({ kind: 'objectInstance', id: 0 });
  expect(tree.read('/')).toMatchObject({ kind: 'root', objects: [{ id: 3303 }] });
  expect(tree.instancePaths()).toEqual(['/3303/0', '/3303/1']);
});

test('what is not there reads as undefined', () => {
  tree.set('/3/0/0', 'Zephyr');
  for (const path of ['/4', '/3/1', '/3/0/1', '/3/0/0/0']) expect(tree.read(path), path).toBeUndefined();
});

test('a value can be replaced, by another kind too', () => {
  tree.set('/3/0/9', 95);
  tree.set('/3/0/9', 94);
  expect(tree.read('/3/0/9')).toMatchObject({ value: 94 });
  tree.set('/3/0/11', new Map([[0, 0]]));
  expect(tree.read('/3/0/11')).toMatchObject({ kind: 'multipleResource' });
});

test('listeners hear of each change until they leave', () => {
  const heard: number[] = [];
  const leave = tree.onChange((path) => heard.push(path.resourceId ?? -1));
  tree.set('/3/0/9', 95);
  tree.set('/3/0/10', 15);
  leave();
  tree.set('/3/0/9', 94);
  expect(heard).toEqual([9, 10]);
});

test('misuse is refused', () => {
  expect(() => tree.set('/3/0', 'Zephyr')).toThrow(TypeError);
  expect(() => tree.set('/3/0/7/0', 3800)).toThrow(TypeError);
  expect(() => tree.set('/3/0/4711', 1)).toThrow('no definition');
});

test('an Object has a bounded number of instances', () => {
  for (let id = 0; id < limits.instancesPerObject; id += 1) tree.set(`/3303/${id}/5700`, 1);
  expect(() => tree.set('/3303/60000/5700', 1)).toThrow(RangeError);
});
