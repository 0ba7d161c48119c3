import { Code, encodeUint, OptionNumber } from '@flownexus/coap';
import { parsePath } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { answer, converse, fail, held, type Conversation } from '../operation-stage.ts';

const V20 = ['lwm2m=1.1&ep=dev&lt=60', '</>;ct=110,</25>;ver=2.0,</25/0>,</25/1>'] as const;
const DEVICES = [
  { n: '/25/0/0', vs: 'sn-1' },
  { n: '/25/0/1', vs: 'd01' },
  { n: '/25/0/3', vs: '</5>;ver=1.1,</5/0>,</3303/0>' },
  { n: '/25/1/0', vs: 'sn-2' },
  { n: '/25/1/1', vs: 'd02' },
  { n: '/25/1/3', vs: 'nonsense' },
];
const IN_JSON = { contentFormat: 110 };

function gatewayOf(conversation: Conversation, records: unknown): ReturnType<typeof answer<unknown>> {
  return answer<unknown>(conversation, conversation.target.gateway(), [
    Code.CONTENT,
    { ...IN_JSON, payload: JSON.stringify(records) },
  ]);
}

describe('a gateway', () => {
  test('says which devices are behind it, and what they have', async () => {
    const conversation = await converse(...V20);
    const { requests, result } = await gatewayOf(conversation, DEVICES);
    expect(requests).toEqual(['CON GET 25 accept=110']);
    expect(result).toMatchObject([
      {
        objectInstanceId: 0,
        deviceId: 'sn-1',
        prefix: 'd01',
        objects: {
          objectVersions: new Map([
            [5, '1.1'],
            [3303, '1.0'],
          ]),
          instances: new Map([
            [5, [0]],
            [3303, [0]],
          ]),
        },
      },
      { objectInstanceId: 1, deviceId: 'sn-2', prefix: 'd02', objects: { objectVersions: new Map(), links: [] } },
    ]);
  });

  test('of version 1.0 does not say what they have', async () => {
    const conversation = await converse('lwm2m=1.2&ep=dev&lt=60', '</>;ct=110,</25>;ver=1.0,</25/0>');
    const { result } = await gatewayOf(conversation, [
      { n: '/25/0/0', vs: 'sn' },
      { n: '/25/0/1', vs: 'd01' },
      { bn: '/25/0/2/', n: '0', vlo: '26:0' },
    ]);
    expect(result).toMatchObject([{ deviceId: 'sn', prefix: 'd01', objects: { links: [] } }]);
  });

  test('an instance without a prefix that can be one is left out', async () => {
    const conversation = await converse(...V20);
    const { result } = await gatewayOf(conversation, [
      { n: '/25/0/0', vs: 'sn-1' },
      { n: '/25/1/1', vs: '3' },
      { n: '/25/2/1', vs: 'a/b' },
      { n: '/25/3/1', v: 7 },
      { n: '/25/4/1', vs: 'n0' },
    ]);
    expect(result).toMatchObject([{ objectInstanceId: 4, prefix: 'n0', deviceId: undefined }]);
  });

  test('of very many devices lists a bounded number', async () => {
    const conversation = await converse(...V20);
    const records = Array.from({ length: 1100 }, (_value, index) => ({ n: `/25/${index}/1`, vs: `n${index}` }));
    const gateway = held(conversation.target.gateway());
    let request = await conversation.device.one();
    const payload = new TextEncoder().encode(JSON.stringify(records));
    for (let number = 0; number * 1024 < payload.length; number += 1) {
      const more = (number + 1) * 1024 < payload.length;
      conversation.device.answer(request, Code.CONTENT, {
        ...IN_JSON,
        options: [{ number: OptionNumber.BLOCK2, value: encodeUint((number << 4) | (more ? 8 : 0) | 6) }],
        payload: payload.slice(number * 1024, (number + 1) * 1024),
      });
      if (more) request = await conversation.device.one();
    }
    await conversation.stage.settle();
    expect(await gateway).toHaveLength(1024);
  });

  test('a device that is none', async () => {
    const conversation = await converse();
    const { error } = await fail(conversation, conversation.target.gateway(), [Code.NOT_FOUND]);
    expect(error).toMatchObject({ responseCode: '4.04' });
  });
});

describe('a device behind a gateway', () => {
  test.each([
    ['Read', 'CON GET d01/3303/0 accept=110', (t: Conversation['target']) => t.read('/d01/3303/0')],
    ['Discover', 'CON GET d01/3303 accept=40', (t: Conversation['target']) => t.discover('/d01/3303')],
    ['Delete', 'CON DELETE d01/3303/0', (t: Conversation['target']) => t.delete('/d01/3303/0')],
    ['Execute', 'CON POST d01/3303/0/5605', (t: Conversation['target']) => t.execute('/d01/3303/0/5605')],
    [
      'Write-Attributes',
      'CON PUT d01/3303?pmin=1',
      (t: Conversation['target']) => t.writeAttributes('/d01/3303', { pmin: 1 }),
    ],
    [
      'Write',
      'CON PUT d01/3303/0/5750 cf=110 "[{\\"bn\\":\\"/d01/3303/0/5750\\",\\"vs\\":\\"a\\"}]"',
      (t: Conversation['target']) => t.write('/d01/3303/0/5750', 'a'),
    ],
    [
      'Write in LwM2M CBOR',
      'CON PUT d01/3303/0/5750 cf=11544 a18463643031190ce700191676 6161'.replace(' 6161', '6161'),
      (t: Conversation['target']) => t.write('/d01/3303/0/5750', 'a', { contentFormat: 11544 }),
    ],
    [
      'Create',
      'CON POST d01/3303 cf=11542 e1167661',
      (t: Conversation['target']) =>
        t.create('/d01/3303', [{ kind: 'singleResource', id: 5750, type: 'string', value: 'a' }]),
    ],
  ])('%s', async (_name, expected, operate) => {
    const conversation = await converse(...V20);
    const { requests } = await fail(conversation, operate(conversation.target), [Code.NOT_FOUND]);
    expect(requests).toEqual([expected]);
  });

  test('names may have the prefix or not', async () => {
    const conversation = await converse(...V20);
    for (const payload of ['[{"n":"/d01/5/0/3","v":1}]', '[{"n":"/5/0/3","v":1}]']) {
      const { result } = await answer(conversation, conversation.target.read('/d01/5/0/3'), [
        Code.CONTENT,
        { ...IN_JSON, payload },
      ]);
      expect(result.records).toMatchObject([{ path: { prefix: 'd01', objectId: 5 }, value: 1 }]);
    }
  });

  test.each([
    ['with the prefix', ['d01', '3303', '4']],
    ['without it', ['3303', '4']],
    ['with that of another device', ['d02', '3303', '4']],
  ])('a Location %s', async (_name, locationPath) => {
    const conversation = await converse(...V20);
    const create = conversation.target.perform({
      kind: 'create',
      path: '/d01/3303',
      instance: { kind: 'objectInstance', id: 65_535, resources: [] },
    });
    const { result } = await answer(conversation, create, [Code.CREATED, { locationPath }]);
    expect(result.createdPath).toBe(locationPath[0] === 'd02' ? undefined : '/d01/3303/4');
  });

  test('has its own Object versions, once the gateway was asked, until it registers anew', async () => {
    // Resource 6038 of /3380 is a Boolean in version 1.0, and an Integer in version 2.0.
    const conversation = await converse(V20[0], '</>;ct=110,</25>;ver=2.0,</25/0>,</3380>;ver=2.0,</3380/0>');
    const { target, device } = conversation;
    const value = [Code.CONTENT, { contentFormat: 11542, payload: Uint8Array.of(0xe1, 0x17, 0x96, 1) }] as const;
    const read = async (path: string): Promise<unknown> => {
      const { result } = await answer(conversation, target.read(path), value);
      return result.records[0]?.value;
    };
    expect(await read('/d01/3380/0/6038')).toBe(1); // not known: the newest
    await gatewayOf(conversation, [
      { n: '/25/0/1', vs: 'd01' },
      { n: '/25/0/3', vs: '</3380>;ver=1.0,</3380/0>' },
    ]);
    expect(await read('/d01/3380/0/6038')).toBe(true);
    expect(await read('/3380/0/6038')).toBe(1);
    expect(await read('/d02/3380/0/6038')).toBe(1);
    await device.update();
    expect(await read('/d01/3380/0/6038')).toBe(true);
    await device.register(V20[0], V20[1]);
    expect(await read('/d01/3380/0/6038')).toBe(1);
  });

  test('is written to, and read in composites, with its own Object versions', async () => {
    const conversation = await converse(...V20);
    const { target } = conversation;
    await gatewayOf(conversation, [
      { n: '/25/0/1', vs: 'd01' },
      { n: '/25/0/3', vs: '</3380>;ver=1.0,</3380/0>' },
    ]);
    const write = await answer(conversation, target.write('/d01/3380/0/6038', true), [Code.CHANGED]);
    expect(write.requests).toEqual([
      'CON PUT d01/3380/0/6038 cf=110 "[{\\"bn\\":\\"/d01/3380/0/6038\\",\\"vb\\":true}]"',
    ]);
    await expect(target.write('/d01/3380/0/6038', 1)).rejects.toThrow(TypeError);
    const { result } = await answer(conversation, target.readComposite(['/d01/3380']), [
      Code.CONTENT,
      { contentFormat: 110, payload: '[{"n":"/d01/3380/0/6038","vb":true}]' },
    ]);
    expect(result).toMatchObject({
      node: { objects: [], iotDevices: [{ prefix: 'd01', objects: [{ id: 3380 }] }] },
      records: [{ path: { prefix: 'd01' }, type: 'boolean', value: true }],
    });
  });

  test('is written to in composites with its prefix', async () => {
    const conversation = await converse(...V20);
    const change = { path: parsePath('/d01/1/0/1'), type: 'integer', value: 60, time: undefined } as const;
    const { requests } = await answer(conversation, conversation.target.writeComposite([change]), [Code.CHANGED]);
    expect(requests).toEqual([
      'CON iPATCH accept=110 cf=110 "[{\\"bn\\":\\"/\\",\\"n\\":\\"d01/1/0/1\\",\\"v\\":60}]"',
    ]);
  });
});
