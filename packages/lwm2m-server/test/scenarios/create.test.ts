import { Code } from '@flownexus/coap';
import { formatPath, UNASSIGNED_INSTANCE_ID, type ObjectInstanceNode } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { answer, converse, fail } from '../operation-stage.ts';

const RESOURCES = [{ kind: 'singleResource', id: 5750, type: 'string', value: 'a' }] as const;
const FIRST: ObjectInstanceNode = { kind: 'objectInstance', id: 1, resources: RESOURCES };
const ANY: ObjectInstanceNode = { kind: 'objectInstance', id: UNASSIGNED_INSTANCE_ID, resources: RESOURCES };
const OLD = ['lwm2m=1.0&ep=dev', '</3303/0>'] as const;

describe('create', () => {
  test.each([
    ['with an id, in TLV', OLD, FIRST, 'CON POST 3303 cf=11542 0401e1167661'],
    ['where the device chooses the id, in TLV', OLD, ANY, 'CON POST 3303 cf=11542 e1167661'],
    ['given by its Resources alone', OLD, RESOURCES, 'CON POST 3303 cf=11542 e1167661'],
    [
      'with an id, in SenML',
      ['lwm2m=1.1&ep=dev&lt=60', '</>;ct=110,</3303/0>'],
      FIRST,
      'CON POST 3303 cf=110 "[{\\"bn\\":\\"/3303/\\",\\"n\\":\\"1/5750\\",\\"vs\\":\\"a\\"}]"',
    ],
    // SenML has no name for an instance without an id.
    [
      'where the device chooses the id, in SenML',
      ['lwm2m=1.1&ep=dev&lt=60', '</>;ct=110,</3303/0>'],
      ANY,
      'CON POST 3303 cf=11542 e1167661',
    ],
    [
      'where the device chooses the id, in 1.2',
      ['lwm2m=1.2&ep=dev&lt=60', '</>;ct=112,</3303/0>'],
      ANY,
      'CON POST 3303 cf=11544 a183190ce719ffff1916766161',
    ],
  ] as const)('%s', async (_name, registration, instance, expected) => {
    const conversation = await converse(...registration);
    const create = conversation.target.create('/3303', instance);
    expect((await answer(conversation, create, [Code.CREATED])).requests).toEqual([expected]);
  });

  test.each([
    ['the Location of the device', FIRST, ['3303', '2'], '/3303/2'],
    ['no Location, but what was asked for (Zephyr)', FIRST, undefined, '/3303/1'],
    ['neither', ANY, undefined, undefined],
    ['a Location of one segment', ANY, ['/3303/2'], '/3303/2'],
    ['a Location of another Object', FIRST, ['5', '2'], '/3303/1'],
    ['a Location that is none', ANY, ['rd', 'x', '', '99999'], undefined],
    ['a Location that is too long', ANY, ['3303', '2', '5750'], undefined],
  ])('the path is that of %s', async (_name, instance, locationPath, expected) => {
    const conversation = await converse();
    const create = conversation.target.create('/3303', instance);
    const { result } = await answer(conversation, create, [Code.CREATED, { locationPath }]);
    expect(result.path === undefined ? undefined : formatPath(result.path)).toBe(expected);
  });

  test.each([
    ['with it', ['x', 'y', '3303', '7']],
    ['without it', ['3303', '7']],
  ])('below an alternate path, the Location is %s', async (_name, locationPath) => {
    const conversation = await converse('lwm2m=1.1&ep=dev&lt=60', '</x/y>;rt="oma.lwm2m",</3303/0>');
    const create = conversation.target.perform({ kind: 'create', path: '/3303', instance: ANY });
    const { requests, result } = await answer(conversation, create, [Code.CREATED, { locationPath }]);
    expect(requests[0]).toMatch(/^CON POST x\/y\/3303 cf=11542/);
    expect(result).toEqual({ responseCode: '2.01', createdPath: '/3303/7' });
  });

  test('a device that has the instance may write to it instead, and say so', async () => {
    const conversation = await converse();
    const create = conversation.target.perform({ kind: 'create', path: '/3303', instance: FIRST });
    const { result } = await answer(conversation, create, [Code.CHANGED]);
    expect(result).toEqual({ responseCode: '2.04', createdPath: '/3303/1' });
  });

  test('after 4.15 the next format', async () => {
    const conversation = await converse();
    const create = conversation.target.create('/3303', FIRST);
    const { requests } = await answer(conversation, create, [Code.UNSUPPORTED_CONTENT_FORMAT], [Code.CREATED]);
    expect(requests.map((request) => request.split(' ')[3])).toEqual(['cf=112', 'cf=110']);
  });

  test('a refusal', async () => {
    const conversation = await converse();
    const { error } = await fail(conversation, conversation.target.create('/3', []), [Code.METHOD_NOT_ALLOWED]);
    expect(error).toMatchObject({ responseCode: '4.05' });
  });

  test.each(['/', '/3303/1', '/3303/1/5750'])('at %s it is not sent', async (path) => {
    const { target, device } = await converse();
    await expect(target.create(path, FIRST)).rejects.toThrow(RangeError);
    expect(await device.received()).toEqual([]);
  });
});
