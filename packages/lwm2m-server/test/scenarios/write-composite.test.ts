import { Code } from '@flownexus/coap';
import { parsePath, type ResourceChange } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { answer, converse, fail } from '../operation-stage.ts';

const V11 = 'lwm2m=1.1&ep=dev&lt=60';
const LIFETIME: ResourceChange = { path: parsePath('/1/0/1'), type: 'integer', value: 61, time: undefined };
const STORING: ResourceChange = { path: parsePath('/1/0/6'), type: 'boolean', value: true, time: undefined };
const REMOVAL: ResourceChange = { path: parsePath('/16/0/0/3'), value: null };
const IN_JSON = 'CON iPATCH accept=110 cf=110 "[{\\"bn\\":\\"/\\",\\"n\\":\\"1/0/1\\",\\"v\\":61}]"';

describe('write composite', () => {
  test.each([
    [
      'SenML CBOR',
      V11,
      '</>;ct=112',
      [LIFETIME, STORING],
      'CON iPATCH accept=112 cf=112 82a321612f0065312f302f3102183da20065312f302f3604f5',
    ],
    ['SenML JSON', V11, '</>;ct=110', [LIFETIME], IN_JSON],
    [
      'SenML-ETCH, where it was announced',
      'lwm2m=1.2&ep=dev&lt=60',
      '</>;ct="110 320"',
      [LIFETIME, STORING],
      'CON iPATCH accept=110 cf=320 "[{\\"bn\\":\\"/1/0/\\",\\"n\\":\\"1\\",\\"v\\":61},{\\"n\\":\\"6\\",\\"vb\\":true}]"',
    ],
    [
      'SenML-ETCH, which alone can remove',
      V11,
      '</>;ct=110',
      [REMOVAL],
      'CON iPATCH accept=110 cf=320 "[{\\"n\\":\\"/16/0/0/3\\",\\"v\\":null}]"',
    ],
    [
      'an alternate path',
      V11,
      '</a>;rt="oma.lwm2m";ct=110',
      [LIFETIME],
      'CON iPATCH a accept=110 cf=110 "[{\\"bn\\":\\"/a/\\",\\"n\\":\\"1/0/1\\",\\"v\\":61}]"',
    ],
  ])('in %s', async (_name, query, links, changes, expected) => {
    const conversation = await converse(query, `${links},</1/0>`);
    const { requests } = await answer(conversation, conversation.target.writeComposite(changes), [Code.CHANGED]);
    expect(requests).toEqual([expected]);
  });

  test('values have the types of the definitions', async () => {
    const conversation = await converse(V11, '</>;ct=112,</3303/0>');
    const change: ResourceChange = { path: parsePath('/3303/0/5700'), type: 'integer', value: 21, time: undefined };
    const { requests } = await answer(conversation, conversation.target.writeComposite([change]), [Code.CHANGED]);
    expect(requests[0]).toMatch(/fb4035000000000000$/);
  });

  test('in the format, and with the Accept, that the caller wants', async () => {
    const conversation = await converse();
    const write = conversation.target.writeComposite([LIFETIME], { contentFormat: 110, accept: null });
    const { requests } = await answer(conversation, write, [Code.CHANGED]);
    expect(requests).toEqual([IN_JSON.replace('accept=110 ', '')]);
  });

  test('after 4.15 in the next format, and from then on', async () => {
    const conversation = await converse();
    const { target } = conversation;
    const write = target.writeComposite([LIFETIME]);
    const { requests } = await answer(conversation, write, [Code.UNSUPPORTED_CONTENT_FORMAT], [Code.CHANGED]);
    expect(requests.map((request) => request.split(' ')[3])).toEqual(['cf=112', 'cf=110']);
    expect((await answer(conversation, target.writeComposite([LIFETIME]), [Code.CHANGED])).requests).toEqual([IN_JSON]);
  });

  test('a removal that is refused in one form is sent in the other', async () => {
    const conversation = await converse();
    const write = conversation.target.writeComposite([REMOVAL]);
    const { requests } = await answer(conversation, write, [Code.UNSUPPORTED_CONTENT_FORMAT], [Code.CHANGED]);
    expect(requests.map((request) => request.split(' ')[3])).toEqual(['cf=322', 'cf=320']);
  });

  test('a refusal', async () => {
    const conversation = await converse();
    const { error } = await fail(conversation, conversation.target.writeComposite([LIFETIME]), [
      Code.UNAUTHORIZED,
      { payload: 'not yours' },
    ]);
    expect(error).toMatchObject({ responseCode: '4.01', diagnostic: 'not yours' });
  });

  test.each<[string, readonly ResourceChange[], number | undefined]>([
    ['nothing', [], undefined],
    ['the value of an Object Instance', [{ ...LIFETIME, path: parsePath('/1/0') }], undefined],
    ['the removal of the root', [{ path: parsePath('/'), value: null }], undefined],
    ['a removal in SenML', [REMOVAL], 110],
    ['a value of another type', [{ ...LIFETIME, value: 'soon' }], undefined],
  ])('is not sent: %s', async (_name, changes, contentFormat) => {
    const { target, device } = await converse();
    const write = target.writeComposite(changes, contentFormat === undefined ? {} : { contentFormat });
    await expect(write).rejects.toSatisfy((error) => !(error instanceof Error && error.name === 'Lwm2mServerError'));
    expect(await device.received()).toEqual([]);
  });
});
