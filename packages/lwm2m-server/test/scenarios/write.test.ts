import { Code } from '@flownexus/coap';
import type { ResourceValue } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import type { WriteContent, WriteOptions } from '../../src/index.ts';
import { answer, converse, fail } from '../operation-stage.ts';

/** Its format is TLV. */
const OLD = ['lwm2m=1.0&ep=dev', '</3/0>'] as const;

const LIFETIME = { kind: 'singleResource', id: 1, type: 'integer', value: 61 } as const;
const STORING = { kind: 'singleResource', id: 6, type: 'boolean', value: true } as const;
const RESOURCES = new Map<number, ResourceValue>([
  [6, true],
  [1, 61],
]);
const INSTANCE = { kind: 'objectInstance', id: 0, resources: [LIFETIME, STORING] } as const;
const SOURCES = new Map([
  [1, 5],
  [0, 1],
]);
const LINKS = new Map([[0, { objectId: 66, objectInstanceId: 1 }]]);
const UPDATE = { mode: 'update' } as const;

describe('write', () => {
  test.each<[string, string, WriteContent, WriteOptions, string]>([
    ['a Resource', '/1/0/1', 63, {}, 'CON PUT 1/0/1 cf=11542 c1013f'],
    ['a node', '/1/0/1', LIFETIME, {}, 'CON PUT 1/0/1 cf=11542 c1013d'],
    ['in the format that the caller wants', '/1/0/1', 63, { contentFormat: 0 }, 'CON PUT 1/0/1 cf=0 "63"'],
    ['an integral float', '/3303/0/5700', 21, {}, 'CON PUT 3303/0/5700 cf=11542 e81644084035000000000000'],
    ['bytes', '/5/0/0', Uint8Array.of(0, 255), {}, 'CON PUT 5/0/0 cf=42 00ff'],
    // TS Core §6.3.3: a partial update has a format for trees.
    ['bytes, updated', '/5/0/0', Uint8Array.of(0), UPDATE, 'CON POST 5/0/0 cf=11542 c10000'],
    ['Object Links', '/3/0/22', LINKS, {}, 'CON PUT 3/0/22 cf=11542 8616440000420001'],
    ['a multiple Resource', '/3/0/6', SOURCES, {}, 'CON PUT 3/0/6 cf=11542 8606410001410105'],
    ['a multiple Resource, updated', '/3/0/6', new Map([[1, 5]]), UPDATE, 'CON POST 3/0/6 cf=11542 8306410105'],
    ['a Resource Instance', '/16/0/0/2', 'a', {}, 'CON PUT 16/0/0/2 cf=11542 8300410261'],
    ['a Resource Instance, updated', '/16/0/0/2', 'a', UPDATE, 'CON POST 16/0/0/2 cf=11542 8300410261'],
    ['an Object Instance', '/1/0', INSTANCE, {}, 'CON PUT 1/0 cf=11542 c1013dc10601'],
    ['Resources of an Object Instance', '/1/0', [STORING, LIFETIME], UPDATE, 'CON POST 1/0 cf=11542 c1013dc10601'],
    ['values by their Resources', '/1/0', RESOURCES, UPDATE, 'CON POST 1/0 cf=11542 c1013dc10601'],
  ])('%s', async (_name, path, content, options, expected) => {
    const conversation = await converse(...OLD);
    const { requests } = await answer(conversation, conversation.target.write(path, content, options), [Code.CHANGED]);
    expect(requests).toEqual([expected]);
  });

  test.each([
    ['1.1', 'lwm2m=1.1&ep=dev&lt=60', '</3/0>', 'CON PUT 1/0/1 cf=112 81a221662f312f302f3102183f'],
    ['1.2', 'lwm2m=1.2&ep=dev&lt=60', '</>;ct=11544,</3/0>', 'CON PUT 1/0/1 cf=11544 a183010001183f'],
    [
      '1.1 with ct',
      'lwm2m=1.1&ep=dev&lt=60',
      '</>;ct="110 11542",</3/0>',
      'CON PUT 1/0/1 cf=110 "[{\\"bn\\":\\"/1/0/1\\",\\"v\\":63}]"',
    ],
    [
      'an alternate path',
      'lwm2m=1.1&ep=dev&lt=60',
      '</a>;rt="oma.lwm2m";ct=110,</3/0>',
      'CON PUT a/1/0/1 cf=110 "[{\\"bn\\":\\"/a/1/0/1\\",\\"v\\":63}]"',
    ],
  ])('to a device of %s', async (_name, query, links, expected) => {
    const conversation = await converse(query, links);
    const { requests } = await answer(conversation, conversation.target.write('/1/0/1', 63), [Code.CHANGED]);
    expect(requests).toEqual([expected]);
  });

  test('what a PUT creates is answered 2.01', async () => {
    const conversation = await converse();
    const { result } = await answer(
      conversation,
      conversation.target.perform({
        kind: 'write',
        path: '/16/0/0/7',
        mode: 'replace',
        node: { kind: 'resourceInstance', id: 7, type: 'string', value: 'a' },
      }),
      [Code.CREATED],
    );
    expect(result).toEqual({ responseCode: '2.01' });
  });

  test('a refusal keeps code and diagnostic', async () => {
    const conversation = await converse();
    const { error } = await fail(conversation, conversation.target.write('/1/0/0', 1), [
      Code.METHOD_NOT_ALLOWED,
      { payload: 'read only' },
    ]);
    expect(error).toMatchObject({ responseCode: '4.05', diagnostic: 'read only' });
  });

  test('another success is not taken for one', async () => {
    const conversation = await converse();
    const { error } = await fail(conversation, conversation.target.write('/1/0/1', 1), [Code.CONTENT]);
    expect(error).toMatchObject({ code: 'ERR_LWM2M_SERVER_RESPONSE' });
  });

  test.each<[string, string, WriteContent, WriteOptions]>([
    ['text for an integer', '/1/0/1', 'soon', {}],
    ['a value for an Object Instance', '/1/0', 1, {}],
    ['Resources for a Resource', '/1/0/1', [LIFETIME], {}],
    ['values for a Resource Instance', '/16/0/0/2', new Map([[0, 'a']]), {}],
    ['a node of another level', '/1/0', LIFETIME, {}],
    ['a node with another id', '/1/0/2', LIFETIME, {}],
    ['the value of a Resource without a definition', '/1/0/4711', 1, {}],
    ['a partial update of an Object, which is a Create', '/1', { kind: 'object', id: 1, instances: [] }, UPDATE],
    ['the root', '/', { kind: 'root', objects: [] }, {}],
    ['links', '/1/0/1', 1, { contentFormat: 40 }],
    ['an instance as text', '/1/0', INSTANCE, { contentFormat: 0 }],
  ])('is not sent: %s', async (_name, path, content, options) => {
    const { target, device } = await converse();
    await expect(target.write(path, content, options)).rejects.toSatisfy(
      (error) => error instanceof TypeError || error instanceof RangeError || (error as Error).name === 'Lwm2mError',
    );
    expect(await device.received()).toEqual([]);
  });
});
