import { Code } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import type { RequestOperation } from '../../src/index.ts';
import { answer, converse } from '../operation-stage.ts';

type Request = Omit<RequestOperation, 'kind'>;

describe('a request as it stands', () => {
  test.each<[Request, string]>([
    [{ method: 'GET', path: ['3', '0'] }, 'CON GET 3/0'],
    [{ method: 'GET', path: [], accept: 40, query: ['depth=9'] }, 'CON GET depth=9 accept=40'],
    [{ method: 'POST', path: ['bs'] }, 'CON POST bs'],
    [{ method: 'PUT', path: ['3', '0', '9'], contentFormat: 42, payload: Uint8Array.of(1) }, 'CON PUT 3/0/9 cf=42 01'],
    [{ method: 'DELETE', path: [] }, 'CON DELETE'],
    [{ method: 'FETCH', path: [''], contentFormat: 110 }, 'CON FETCH cf=110 ""'.replace(' ""', '')],
    [{ method: 'PATCH', path: ['x'], payload: Uint8Array.of(0) }, 'CON PATCH x 00'],
    [{ method: 'iPATCH', path: [], contentFormat: 65_535 }, 'CON iPATCH cf=65535'],
  ])('%j', async (request, expected) => {
    const conversation = await converse();
    const { requests } = await answer(conversation, conversation.target.request(request), [Code.CHANGED]);
    expect(requests).toEqual([expected]);
  });

  test('goes below the root path of the device', async () => {
    const conversation = await converse('lwm2m=1.1&ep=dev&lt=60', '</a/b>;rt="oma.lwm2m",</3/0>');
    const request = conversation.target.request({ method: 'GET', path: ['3'] });
    expect((await answer(conversation, request, [Code.CONTENT])).requests).toEqual(['CON GET a/b/3']);
  });

  test('gives whatever the device answers', async () => {
    const conversation = await converse();
    const { target } = conversation;
    const refused = await answer(conversation, target.request({ method: 'GET', path: ['3'] }), [
      Code.METHOD_NOT_ALLOWED,
      { payload: 'no' },
    ]);
    expect(refused.result).toEqual({
      responseCode: '4.05',
      locationPath: [],
      payload: new Uint8Array(Buffer.from('no')),
    });
    const created = await answer(conversation, target.request({ method: 'POST', path: ['3'] }), [
      Code.CREATED,
      { locationPath: ['3', '1'], contentFormat: 4711 },
    ]);
    expect(created.result).toEqual({
      responseCode: '2.01',
      contentFormat: 4711,
      locationPath: ['3', '1'],
      payload: new Uint8Array(0),
    });
  });

  test.each<[string, Request]>([
    ['a segment of 256 bytes', { method: 'GET', path: ['ä'.repeat(128)] }],
    ['a segment that no path has', { method: 'GET', path: ['..'] }],
    ['a query of 256 bytes', { method: 'GET', path: [], query: ['q'.repeat(256)] }],
    ['a Content-Format that is none', { method: 'PUT', path: [], contentFormat: 65_536 }],
    ['an Accept that is none', { method: 'GET', path: [], accept: -1 }],
    ['a method that is none', { method: 'HEAD' as 'GET', path: [] }],
  ])('is not sent: %s', async (_name, request) => {
    const { target, device } = await converse();
    await expect(target.request(request)).rejects.toThrow(RangeError);
    expect(await device.received()).toEqual([]);
  });
});
