import { describe, expect, test } from 'vitest';
import { Lwm2mError, nodeFromRecords, parsePath, recordsFromNode } from '@flownexus/lwm2m-core';
import type { Lwm2mNode, ResourceRecord } from '@flownexus/lwm2m-core';
import { definitions } from './definitions.ts';

const at = (path: string, value: number, time?: number): ResourceRecord => {
  return { path: parsePath(path), type: 'integer', value, time };
};
const single = (id: number, value: number): object => ({ kind: 'singleResource', id, type: 'integer', value });
const instance = (id: number, value: number): object => ({ kind: 'resourceInstance', id, type: 'integer', value });

describe('nodeFromRecords', () => {
  test('puts everything in the order of the ids', () => {
    const records = [at('/3/0/9', 1), at('/3/0/6/1', 2), at('/1/2/0', 3), at('/3/0/6/0', 4), at('/1/1/0', 5)];
    expect(nodeFromRecords(records, '/')).toEqual({
      kind: 'root',
      objects: [
        {
          kind: 'object',
          id: 1,
          instances: [
            { kind: 'objectInstance', id: 1, resources: [single(0, 5)] },
            { kind: 'objectInstance', id: 2, resources: [single(0, 3)] },
          ],
        },
        {
          kind: 'object',
          id: 3,
          instances: [
            {
              kind: 'objectInstance',
              id: 0,
              resources: [
                { kind: 'multipleResource', id: 6, type: 'integer', instances: [instance(0, 4), instance(1, 2)] },
                single(9, 1),
              ],
            },
          ],
        },
      ],
    });
  });

  test('starts at the path', () => {
    expect(nodeFromRecords([at('/3/0/9', 1)], '/3/0/9')).toEqual(single(9, 1));
    expect(nodeFromRecords([at('/3/0/6/2', 1)], '/3/0/6/2')).toEqual(instance(2, 1));
    expect(nodeFromRecords([], '/3')).toEqual({ kind: 'object', id: 3, instances: [] });
    expect(nodeFromRecords([], '/3/0')).toEqual({ kind: 'objectInstance', id: 0, resources: [] });
    expect(nodeFromRecords([], '/3/0/6')).toEqual({ kind: 'multipleResource', id: 6, type: 'none', instances: [] });
  });

  test('the newest value counts', () => {
    const value = (...records: ResourceRecord[]): unknown => nodeFromRecords(records, '/3/0/9');
    expect(value(at('/3/0/9', 1, 20), at('/3/0/9', 2, 10))).toEqual(single(9, 1));
    expect(value(at('/3/0/9', 1, 20), at('/3/0/9', 2, 20))).toEqual(single(9, 2));
    expect(value(at('/3/0/9', 1), at('/3/0/9', 2, 20))).toEqual(single(9, 1));
    expect(value(at('/3/0/9', 1), at('/3/0/9', 2))).toEqual(single(9, 2));
  });

  test('the definition says whether a Resource is multiple', () => {
    expect(nodeFromRecords([at('/3/0/6', 1)], '/3/0/6', definitions)).toMatchObject({ instances: [instance(0, 1)] });
    expect(nodeFromRecords([], '/3/0/6', definitions)).toMatchObject({ type: 'integer', instances: [] });
    expect(() => nodeFromRecords([], '/3/0/9', definitions)).toThrow(Lwm2mError);
    expect(() => nodeFromRecords([], '/3/0/6/0', definitions)).toThrow(Lwm2mError);
  });

  test('refuses a Resource with a value and instances', () => {
    expect(() => nodeFromRecords([at('/3/0/6', 1), at('/3/0/6/0', 1)], '/')).toThrow(Lwm2mError);
  });

  test('refuses records that do not belong', () => {
    expect(() => nodeFromRecords([at('/3/0/6', 1)], '/4')).toThrow(RangeError);
    expect(() => nodeFromRecords([at('/3/0', 1)], '/')).toThrow(RangeError);
  });

  test('has the empty containers', () => {
    const empty = [parsePath('/2/1'), parsePath('/2/3/2')];
    expect(nodeFromRecords([], '/2', undefined, empty)).toMatchObject({
      instances: [
        { id: 1, resources: [] },
        { id: 3, resources: [{ kind: 'multipleResource', instances: [] }] },
      ],
    });
  });
});

describe('recordsFromNode', () => {
  const node: Lwm2mNode = {
    kind: 'objectInstance',
    id: 0,
    resources: [
      {
        kind: 'multipleResource',
        id: 6,
        type: 'integer',
        instances: [{ kind: 'resourceInstance', id: 1, type: 'integer', value: 5 }],
      },
      { kind: 'singleResource', id: 9, type: 'integer', value: 1 },
    ],
  };

  test('takes the path of the node or of its parent', () => {
    const records = [at('/3/0/6/1', 5), at('/3/0/9', 1)];
    expect(recordsFromNode(node, '/3/0')).toEqual(records);
    expect(recordsFromNode(node, '/3')).toEqual(records);
  });

  test.each(['/', '/3/1', '/3/0/6'])('refuses the node at %s', (path) => {
    expect(() => recordsFromNode(node, path)).toThrow(RangeError);
  });

  test('refuses the root elsewhere', () => {
    expect(() => recordsFromNode({ kind: 'root', objects: [] }, '/3')).toThrow(RangeError);
  });
});
