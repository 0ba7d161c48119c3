import { Code } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import { answer, converse, fail } from '../operation-stage.ts';

describe('delete', () => {
  test.each([
    ['an Object Instance', '/3303/1', 'CON DELETE 3303/1'],
    ['a Resource Instance', '/16/0/0/3', 'CON DELETE 16/0/0/3'],
  ])('%s', async (_name, path, expected) => {
    const conversation = await converse();
    const { requests } = await answer(conversation, conversation.target.delete(path), [Code.DELETED]);
    expect(requests).toEqual([expected]);
  });

  test.each(['/3/0', '/0/0', '/3', '/3/0/9'])('%s is for the device to refuse', async (path) => {
    const conversation = await converse();
    const { requests, error } = await fail(conversation, conversation.target.delete(path), [Code.METHOD_NOT_ALLOWED]);
    expect(requests).toEqual([`CON DELETE ${path.slice(1)}`]);
    expect(error).toMatchObject({ responseCode: '4.05' });
  });

  test('another success is not taken for one', async () => {
    const conversation = await converse();
    const { error } = await fail(conversation, conversation.target.delete('/3303/1'), [Code.CHANGED]);
    expect(error).toMatchObject({ code: 'ERR_LWM2M_SERVER_RESPONSE' });
  });

  test('the root is not sent', async () => {
    const { target, device } = await converse();
    await expect(target.delete('/')).rejects.toThrow(RangeError);
    expect(await device.received()).toEqual([]);
  });
});
