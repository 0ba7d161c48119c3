import { Code } from '@flownexus/coap';
import { attributesOfLink } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { answer, converse, fail } from '../operation-stage.ts';

const LINKS = { contentFormat: 40 };

describe('discover', () => {
  test.each([
    ['an Object', '/3', {}, 'CON GET 3 accept=40'],
    ['an Object to a depth', '/3', { depth: 3 }, 'CON GET 3?depth=3 accept=40'],
    ['a Resource alone', '/3/0/7', { depth: 0 }, 'CON GET 3/0/7?depth=0 accept=40'],
    ['the root', '/', {}, 'CON GET accept=40'],
  ] as const)('%s', async (_name, path, options, expected) => {
    const conversation = await converse();
    const { requests } = await answer(conversation, conversation.target.discover(path, options), [Code.CONTENT, LINKS]);
    expect(requests).toEqual([expected]);
  });

  test('what a device has, with attributes', async () => {
    const conversation = await converse();
    const payload = '</3>;pmin=10;ver=1.1,</3/0>,</3/0/7>;dim=8;pmin=10;gt=6.5';
    const discover = conversation.target.discover('/3');
    const { result } = await answer(conversation, discover, [Code.CONTENT, { ...LINKS, payload }]);
    expect(result.links.map(({ target }) => target)).toEqual(['/3', '/3/0', '/3/0/7']);
    expect(result.links.map((link) => attributesOfLink(link).attributes)).toEqual([
      { pmin: 10, ver: '1.1' },
      {},
      { dim: 8, pmin: 10, gt: 6.5 },
    ]);
  });

  test('targets are named below the root path of the device', async () => {
    const conversation = await converse('lwm2m=1.1&ep=dev&lt=60', '</x%20y>;rt="oma.lwm2m",</3/0>');
    const payload = '</x%20y>;ct=112,</x%20y/3/0>;pmin=1,</3/0/1>,</x%20yz/3>';
    const discover = conversation.target.discover('/3');
    const { requests, result } = await answer(conversation, discover, [Code.CONTENT, { ...LINKS, payload }]);
    expect(requests).toEqual(['CON GET x y/3 accept=40']);
    expect(result.links.map(({ target }) => target)).toEqual(['/', '/3/0', '/3/0/1', '/x%20yz/3']);
    expect(result.links[1]?.attributes['pmin']).toBe('1');
  });

  test('an answer without Content-Format is links', async () => {
    const conversation = await converse();
    const discover = conversation.target.perform({ kind: 'discover', path: '/3' });
    const { result } = await answer(conversation, discover, [Code.CONTENT, { payload: '</3>' }]);
    expect(result).toMatchObject({ responseCode: '2.05', links: [{ target: '/3' }] });
  });

  test.each([
    ['values', [Code.CONTENT, { contentFormat: 110, payload: '[]' }], 'ERR_LWM2M_SERVER_PAYLOAD'],
    ['what is no list of links', [Code.CONTENT, { ...LINKS, payload: '</3' }], 'ERR_LWM2M_SERVER_PAYLOAD'],
    ['another success', [Code.CHANGED], 'ERR_LWM2M_SERVER_RESPONSE'],
    ['a refusal', [Code.METHOD_NOT_ALLOWED], 'ERR_LWM2M_SERVER_REJECTED'],
  ] as const)('rejects with %s', async (_name, given, code) => {
    const conversation = await converse();
    const { error } = await fail(conversation, conversation.target.discover('/3'), given);
    expect(error).toMatchObject({ code });
  });

  test('a depth that is none is not sent', async () => {
    const { target, device } = await converse();
    await expect(target.discover('/3', { depth: 4 as 3 })).rejects.toThrow(RangeError);
    expect(await device.received()).toEqual([]);
  });
});
