import { ObjectRegistry, parsePath, type ResourceValue } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { nodeOfContent } from '../../src/downlink/write-content.ts';
import type { WriteContent } from '../../src/index.ts';

const objects = await ObjectRegistry.bundled();
const nodeOf = (path: string, content: WriteContent): unknown => nodeOfContent(content, parsePath(path), objects);

describe('nodeOfContent', () => {
  test.each<[string, WriteContent, string]>([
    ['/3/0/0', 'a', 'string'],
    ['/3/0/9', 5, 'integer'],
    ['/3/0/13', 5n, 'time'],
    ['/3303/0/5700', 1, 'float'],
    ['/1/0/6', true, 'boolean'],
    ['/5/0/0', Uint8Array.of(1), 'opaque'],
    ['/25/0/3', '</3>', 'corelnk'],
    // An executable Resource has no type: the value shows one.
    ['/3/0/4', 'a', 'string'],
    ['/3/0/4', true, 'boolean'],
    ['/3/0/4', 1, 'integer'],
    ['/3/0/4', 1.5, 'float'],
    ['/3/0/4', 1n, 'integer'],
    ['/3/0/4', Uint8Array.of(1), 'opaque'],
    ['/3/0/4', { objectId: 1, objectInstanceId: 0 }, 'objlnk'],
  ])('%s gets %o as %s', (path, content, type) => {
    const { resourceId } = parsePath(path);
    expect(nodeOf(path, content)).toEqual({ kind: 'singleResource', id: resourceId, type, value: content });
  });

  test('a node is taken as it is', () => {
    const node = { kind: 'singleResource', id: 9, type: 'string', value: 'a' } as const;
    expect(nodeOf('/3/0/9', node)).toBe(node);
  });

  test('values by the ids of Resource Instances, in their order', () => {
    const values = new Map<number, ResourceValue>([
      [3, 1],
      [0, 2],
    ]);
    expect(nodeOf('/3/0/6', values)).toEqual({
      kind: 'multipleResource',
      id: 6,
      type: 'integer',
      instances: [
        { kind: 'resourceInstance', id: 0, type: 'integer', value: 2 },
        { kind: 'resourceInstance', id: 3, type: 'integer', value: 1 },
      ],
    });
    expect(nodeOf('/3/0/6', new Map())).toMatchObject({ kind: 'multipleResource', instances: [] });
  });

  test('a Resource Instance', () => {
    expect(nodeOf('/3/0/6/2', 1)).toEqual({ kind: 'resourceInstance', id: 2, type: 'integer', value: 1 });
  });

  test('Resources, and values by their ids, of an Object Instance', () => {
    const values = new Map<number, ResourceValue>([
      [6, true],
      [1, 60],
    ]);
    const resources = [
      { kind: 'singleResource', id: 1, type: 'integer', value: 60 },
      { kind: 'singleResource', id: 6, type: 'boolean', value: true },
    ] as const;
    expect(nodeOf('/1/2', values)).toEqual({ kind: 'objectInstance', id: 2, resources });
    expect(nodeOf('/1/2', resources.toReversed())).toEqual({ kind: 'objectInstance', id: 2, resources });
  });

  test.each<[string, WriteContent]>([
    ['/1/0', 1],
    ['/1', [] as const],
    ['/', new Map()],
    ['/1/0/1', [] as const],
    ['/3/0/6/2', new Map()],
    ['/3/0/6/2', [] as const],
    ['/4711/0/0', 1],
    ['/4711/0/0', new Map()],
    ['/3/0', new Map([[4711, 1]])],
  ])('%s can not be %o', (path, content) => {
    expect(() => nodeOf(path, content)).toThrow(TypeError);
  });
});
