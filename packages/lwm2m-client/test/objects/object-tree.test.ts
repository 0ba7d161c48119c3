import { formatPath, ObjectRegistry, parsePath } from '@flownexus/lwm2m-core';
import { beforeEach, expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { ObjectTree } from '../../src/objects/object-tree.ts';

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

test('a listener that throws keeps nobody from hearing', () => {
  const heard: string[] = [];
  tree.set('/3/0/9', 95);
  tree.onChange(() => {
    throw new Error('a defect');
  });
  tree.onChange((path) => heard.push(formatPath(path)));
  expect(() => {
    tree.set('/3/0/9', 94);
  }).toThrow('a defect');
  expect(heard).toEqual(['/3/0/9']);
});

test('what is not there reads as undefined', () => {
  tree.set('/3/0/0', 'Zephyr');
  for (const path of ['/4', '/3/1', '/3/0/1', '/3/0/0/0']) expect(tree.read(path), path).toBeUndefined();
});

test('a value can be replaced', () => {
  tree.set('/3/0/9', 95);
  tree.set('/3/0/9', 94);
  expect(tree.read('/3/0/9')).toMatchObject({ value: 94 });
});

test('listeners hear of each change until they leave', () => {
  const heard: string[] = [];
  const leave = tree.onChange((path, kind) => heard.push(`${kind} ${formatPath(path)}`));
  tree.set('/3/0/9', 95);
  tree.set('/3/0/9', 94);
  tree.set('/3/0/9', 94);
  tree.set('/3/0/7', new Map([[0, 3800]]));
  tree.set('/3/0/7/1', 5000);
  tree.remove('/3/0/7/0');
  tree.remove('/3/0/7/0');
  tree.remove('/3/0/9');
  tree.remove('/3/0');
  leave();
  tree.set('/3/0/9', 94);
  expect(heard).toEqual([
    'added /3/0',
    'added /3/0/9',
    'value /3/0/9',
    'added /3/0/7',
    'value /3/0/7',
    'value /3/0/7',
    'removed /3/0/9',
    'removed /3/0',
  ]);
});

test('misuse is refused', () => {
  expect(() => tree.set('/3/0', 'Zephyr')).toThrow(TypeError);
  expect(() => tree.set('/3/0/9/0', 95)).toThrow('no multiple Resource: /3/0/9/0');
  expect(() => tree.set('/3/0/7/0', new Map())).toThrow('a Resource Instance has one value');
  expect(() => tree.set('/3/0/7', 3800)).toThrow('/3/0/7 has a map by its definition, not one value');
  expect(() => tree.set('/3/0/9', new Map())).toThrow('/3/0/9 has one value by its definition, not a map');
  expect(() => tree.set('/3/0/4', 1)).toThrow('/3/0/4 is executed and has no value');
  expect(() => tree.onExecute('/3/0/9', () => undefined)).toThrow('is not executed by its definition');
  expect(() => tree.onExecute('/3/0', () => undefined)).toThrow('the path of a Resource is needed');
  expect(() => tree.addObject(4711)).toThrow('no definition of Object /4711');
  expect(() => tree.addInstance('/4711/0')).toThrow('no definition of Object /4711');
  expect(() => tree.addInstance('/3')).toThrow('the path of an Object Instance is needed');
  expect(() => tree.set('/3/0/4711', 1)).toThrow('no definition');
});

test('an Object may be there without instances, and stays when its last is gone', () => {
  tree.addObject(16);
  tree.addObject(16);
  tree.set('/3/0/9', 95);
  expect(tree.instancePaths()).toEqual(['/3/0', '/16']);
  tree.addInstance('/16/2');
  expect(tree.read('/16/2')).toEqual({ kind: 'objectInstance', id: 2, resources: [] });
  expect(tree.instancePaths()).toEqual(['/3/0', '/16/2']);
  expect(tree.remove('/16/2')).toBe(true);
  expect(tree.remove('/16/2')).toBe(false);
  expect(tree.instancePaths()).toEqual(['/3/0', '/16']);
  expect(tree.remove('/16')).toBe(true);
  expect(tree.remove('/16')).toBe(false);
  expect(tree.instancePaths()).toEqual(['/3/0']);
});

test('a Resource is executable as long as it has a handler', () => {
  const removals = [tree.onExecute('/3/0/4', () => undefined), tree.onExecute('/3/0/4', () => undefined)];
  expect(tree.has('/3/0/4')).toBe(true);
  expect(tree.read('/3/0/4')).toBeUndefined();
  removals[0]?.();
  removals[0]?.();
  expect(tree.executeHandlers(parsePath('/3/0/4'))).toHaveLength(1);
  removals[1]?.();
  expect(tree.has('/3/0/4')).toBe(false);
});

test('what can only be written is there, and holds nothing', () => {
  tree.set('/5/0/0', Uint8Array.of(1, 2));
  expect(tree.has('/5/0/0')).toBe(true);
  expect(tree.content('/5/0/0')).toBeUndefined();
});

test('a change made quietly is told later', () => {
  const heard: string[] = [];
  tree.onChange((path) => heard.push(formatPath(path)));
  const [result, announce] = tree.quietly(() => {
    tree.set('/3/0/9', 95);
    return 1;
  });
  expect([result, heard]).toEqual([1, []]);
  tree.set('/3/0/9', 94);
  announce?.();
  expect(heard).toEqual(['/3/0/9', '/3/0', '/3/0/9']);
  expect(tree.quietly(() => 2)).toEqual([2, undefined]);
  expect(() =>
    tree.quietly(() => {
      tree.set('/3/0/9', 93);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(heard).toHaveLength(4);
});

test('an Object has a bounded number of instances', () => {
  for (let id = 0; id < limits.instancesPerObject; id += 1) tree.set(`/3303/${id}/5700`, 1);
  expect(() => tree.set('/3303/60000/5700', 1)).toThrow(RangeError);
});
