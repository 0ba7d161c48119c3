import { Code } from '@flownexus/coap';
import type { ExecuteArgument } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { answer, converse, fail } from '../operation-stage.ts';

describe('execute', () => {
  test.each<[string, readonly ExecuteArgument[] | undefined, string]>([
    ['without arguments', undefined, 'CON POST 3/0/4'],
    ['with none', [], 'CON POST 3/0/4'],
    ['with one that has no value', [{ digit: 5 }], 'CON POST 3/0/4 cf=0 "5"'],
    ['with several', [{ digit: 0, value: 'now' }, { digit: 1 }], `CON POST 3/0/4 cf=0 "0='now',1"`],
  ])('%s', async (_name, args, expected) => {
    const conversation = await converse();
    const { requests } = await answer(conversation, conversation.target.execute('/3/0/4', args), [Code.CHANGED]);
    expect(requests).toEqual([expected]);
  });

  test('a Resource that can not be executed is for the device to refuse', async () => {
    const conversation = await converse();
    const { requests, error } = await fail(conversation, conversation.target.execute('/3/0/0'), [
      Code.METHOD_NOT_ALLOWED,
    ]);
    expect(requests).toEqual(['CON POST 3/0/0']);
    expect(error).toMatchObject({ responseCode: '4.05' });
  });

  test.each([
    ['an Object, where a POST is a Create', '/3', []],
    ['an Object Instance, where a POST is a Write', '/3/0', []],
    ['a digit twice', '/3/0/4', [{ digit: 1 }, { digit: 1 }]],
    ['a value with a quote', '/3/0/4', [{ digit: 1, value: "it's" }]],
  ])('is not sent: %s', async (_name, path, args) => {
    const { target, device } = await converse();
    await expect(target.execute(path, args)).rejects.toThrow(RangeError);
    expect(await device.received()).toEqual([]);
  });
});
