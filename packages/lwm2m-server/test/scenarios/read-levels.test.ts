import { Code } from '@flownexus/coap';
import { formatPath } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { answer, converse, fail } from '../operation-stage.ts';

const JSON_ONLY = ['lwm2m=1.1&ep=dev&lt=60', '</>;ct=110,</3/0>'] as const;

describe('read', () => {
  test.each([
    ['the root', '/', 'CON GET accept=110', '[{"n":"/3/0/9","v":1},{"n":"/1/0/1","v":60}]', { kind: 'root' }],
    ['an Object', '/3', 'CON GET 3 accept=110', '[{"bn":"/3/","n":"0/9","v":1}]', { kind: 'object', id: 3 }],
    [
      'an Object Instance',
      '/3/0',
      'CON GET 3/0 accept=110',
      '[{"n":"/3/0/9","v":1}]',
      { kind: 'objectInstance', id: 0 },
    ],
    [
      'a Resource',
      '/3/0/9',
      'CON GET 3/0/9 accept=110',
      '[{"n":"/3/0/9","v":1}]',
      { kind: 'singleResource', value: 1 },
    ],
    [
      'a multiple Resource',
      '/3/0/6',
      'CON GET 3/0/6 accept=110',
      '[{"bn":"/3/0/6/","n":"0","v":1},{"n":"3","v":5}]',
      { kind: 'multipleResource', instances: [{ id: 0 }, { id: 3 }] },
    ],
    [
      'a Resource Instance',
      '/3/0/6/3',
      'CON GET 3/0/6/3 accept=110',
      '[{"n":"/3/0/6/3","v":5}]',
      { kind: 'resourceInstance', id: 3, value: 5 },
    ],
    ['what is empty', '/3303', 'CON GET 3303 accept=110', '', { kind: 'object', instances: [] }],
  ])('%s', async (_name, path, request, payload, node) => {
    const conversation = await converse(...JSON_ONLY);
    const { requests, result } = await answer(conversation, conversation.target.read(path), [
      Code.CONTENT,
      { contentFormat: 110, payload },
    ]);
    expect(requests).toEqual([request]);
    expect(formatPath(result.path)).toBe(path);
    expect(result.node).toMatchObject(node);
  });

  test('the root below an alternate path', async () => {
    const conversation = await converse('lwm2m=1.1&ep=dev&lt=60', '</a>;rt="oma.lwm2m";ct=110,</3/0>');
    const { requests } = await answer(conversation, conversation.target.read('/'), [
      Code.CONTENT,
      { contentFormat: 110, payload: '[]' },
    ]);
    expect(requests).toEqual(['CON GET a accept=110']);
  });

  test('Resources that no definition has are no error', async () => {
    const conversation = await converse(...JSON_ONLY);
    const { result } = await answer(conversation, conversation.target.read('/3/0'), [
      Code.CONTENT,
      { contentFormat: 110, payload: '[{"n":"/3/0/26241","vs":"a"}]' },
    ]);
    expect(result.records).toMatchObject([{ type: 'string', value: 'a' }]);
  });

  test('perform gives it as data', async () => {
    const conversation = await converse(...JSON_ONLY);
    const read = conversation.target.perform({ kind: 'read', path: '/3/0/9', accept: null });
    const { requests, result } = await answer(conversation, read, [Code.CONTENT, { contentFormat: 0, payload: '7' }]);
    expect(requests).toEqual(['CON GET 3/0/9']);
    expect(result).toMatchObject({
      responseCode: '2.05',
      contentFormat: 0,
      node: { kind: 'singleResource', value: 7 },
      records: [{ value: 7 }],
    });
  });

  describe('a device that does not have the format', () => {
    const TEXT = [Code.CONTENT, { contentFormat: 0, payload: '7' }] as const;

    test('is asked for the next from then on', async () => {
      const conversation = await converse();
      const { target } = conversation;
      const first = await answer(conversation, target.read('/3/0/9'), [Code.NOT_ACCEPTABLE], TEXT);
      expect(first.requests).toEqual(['CON GET 3/0/9 accept=112', 'CON GET 3/0/9']);
      const second = await answer(conversation, target.read('/3/0/9'), [Code.NOT_ACCEPTABLE], TEXT);
      expect(second.requests).toEqual(['CON GET 3/0/9 accept=110', 'CON GET 3/0/9']);
      await answer(conversation, target.read('/3/0/9'), [Code.NOT_ACCEPTABLE], TEXT);
      // That was TLV, the last.
      expect((await answer(conversation, target.read('/3/0/9'), TEXT)).requests).toEqual(['CON GET 3/0/9']);
    });

    test('has it where it refuses without Accept too', async () => {
      const conversation = await converse();
      const { target } = conversation;
      await fail(conversation, target.read('/3/0/9'), [Code.NOT_ACCEPTABLE], [Code.NOT_ACCEPTABLE]);
      expect((await answer(conversation, target.read('/3/0/9'), TEXT)).requests).toEqual(['CON GET 3/0/9 accept=112']);
    });

    test('is asked once more for what the caller wants', async () => {
      const conversation = await converse();
      const { target } = conversation;
      await answer(conversation, target.read('/3/0/9'), [Code.NOT_ACCEPTABLE], TEXT);
      const { requests } = await answer(conversation, target.read('/3/0/9', { accept: 112 }), TEXT);
      expect(requests).toEqual(['CON GET 3/0/9 accept=112']);
    });
  });
});
