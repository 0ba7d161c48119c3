import { Code } from '@flownexus/coap';
import type { AttributeChanges } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { answer, converse, fail } from '../operation-stage.ts';

describe('write attributes', () => {
  test.each<[string, string, AttributeChanges, string]>([
    ['an Object', '/3', { pmin: 10, pmax: 200 }, 'CON PUT 3?pmin=10&pmax=200'],
    ['an Object Instance', '/3303/0', { epmin: 5 }, 'CON PUT 3303/0?epmin=5'],
    ['a Resource', '/3303/0/5700', { gt: 6.5, lt: -1, st: 0.5 }, 'CON PUT 3303/0/5700?gt=6.5&lt=-1&st=0.5'],
    ['a Resource Instance', '/3/0/7/1', { lt: 1 }, 'CON PUT 3/0/7/1?lt=1'],
    ['one that is unset', '/3/0/9', { pmin: null, pmax: 60 }, 'CON PUT 3/0/9?pmin&pmax=60'],
    ['those of 1.2', '/3/0/9', { edge: 1, con: 0, hqmax: 3 }, 'CON PUT 3/0/9?edge=1&con=0&hqmax=3'],
    ['one of a vendor', '/3/0/9', { unknown: { 'x-a': 'b' } }, 'CON PUT 3/0/9?x-a=b'],
    ['contradictions, which are for the device to refuse', '/3', { pmin: 9, pmax: 1 }, 'CON PUT 3?pmin=9&pmax=1'],
  ])('of %s', async (_name, path, attributes, expected) => {
    const conversation = await converse();
    const operation = conversation.target.writeAttributes(path, attributes);
    expect((await answer(conversation, operation, [Code.CHANGED])).requests).toEqual([expected]);
  });

  test('below the root path of the device', async () => {
    const conversation = await converse('lwm2m=1.1&ep=dev&lt=60', '</a%20b>;rt="oma.lwm2m",</3/0>');
    const operation = conversation.target.writeAttributes('/3', { pmin: 1 });
    expect((await answer(conversation, operation, [Code.CHANGED])).requests).toEqual(['CON PUT a b/3?pmin=1']);
  });

  test('a refusal', async () => {
    const conversation = await converse();
    const operation = conversation.target.writeAttributes('/0', { pmin: 1 });
    const { error } = await fail(conversation, operation, [Code.UNAUTHORIZED]);
    expect(error).toMatchObject({ responseCode: '4.01' });
  });

  test('what has no form is not sent', async () => {
    const { target, device } = await converse();
    await expect(target.writeAttributes('/', { pmin: 1 })).rejects.toThrow(RangeError);
    await expect(target.writeAttributes('/3', { pmin: 0.5 })).rejects.toThrow(RangeError);
    expect(await device.received()).toEqual([]);
  });
});
