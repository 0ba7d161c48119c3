import { describe, expect, test } from 'vitest';
import { Code, MessageType, type CoapMessage } from '@flownexus/coap';
import { inWords, Stage, type ScriptedDevice } from '../scripted-device.ts';

const TEXT = { contentFormat: 0 };

async function registered(query?: string, links?: string): Promise<{ stage: Stage; device: ScriptedDevice }> {
  const stage = await Stage.start();
  const device = stage.device();
  await device.register(query, links);
  return { stage, device };
}

/** The promise, whose rejection may be looked at later. */
function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

describe('read', () => {
  test('asks for the best format of the device and decodes what comes', async () => {
    const { stage, device } = await registered();
    const read = held(stage.server.device('dev').read('/3/0/9'));
    const request = await device.one();
    expect(inWords(request)).toBe('CON GET 3/0/9 accept=112');
    // [{-2: "/3/0/9", 2: 95}]
    device.answer(request, Code.CONTENT, {
      contentFormat: 112,
      payload: Buffer.from('81a221662f332f302f3902185f', 'hex'),
    });
    await stage.settle();
    expect(await read).toEqual({
      path: { objectId: 3, objectInstanceId: 0, resourceId: 9, resourceInstanceId: undefined },
      contentFormat: 112,
      node: { kind: 'singleResource', id: 9, type: 'integer', value: 95 },
      records: [
        {
          path: { objectId: 3, objectInstanceId: 0, resourceId: 9, resourceInstanceId: undefined },
          type: 'integer',
          value: 95,
          time: undefined,
        },
      ],
    });
  });

  test.each([
    ['LwM2M 1.0', 'lwm2m=1.0&ep=dev', '</3/0>', {}, 'CON GET 3/0 accept=11542'],
    ['LwM2M 1.2', 'lwm2m=1.2&ep=dev&lt=60', '</3/0>', {}, 'CON GET 3/0 accept=112'],
    ['ct=110', 'lwm2m=1.1&ep=dev&lt=60', '</>;ct=110,</3/0>', {}, 'CON GET 3/0 accept=110'],
    [
      'the format that the caller wants',
      'lwm2m=1.1&ep=dev&lt=60',
      '</3/0>',
      { accept: 11542 },
      'CON GET 3/0 accept=11542',
    ],
    ['none where the caller wants none', 'lwm2m=1.1&ep=dev&lt=60', '</3/0>', { accept: null }, 'CON GET 3/0'],
    [
      'below the alternate path',
      'lwm2m=1.1&ep=dev&lt=60',
      '</x/y>;rt="oma.lwm2m",</3/0>',
      {},
      'CON GET x/y/3/0 accept=112',
    ],
  ])('%s', async (_name, query, links, options, expected) => {
    const { stage, device } = await registered(query, links);
    const read = held(stage.server.device('dev').read('/3/0', options));
    const request = await device.one();
    expect(inWords(request)).toBe(expected);
    device.answer(request, Code.NOT_FOUND);
    await stage.settle();
    await expect(read).rejects.toMatchObject({ responseCode: '4.04' });
  });

  test('names below an alternate path are those of the Objects', async () => {
    const { stage, device } = await registered('lwm2m=1.1&ep=dev&lt=60', '</x>;rt="oma.lwm2m",</x/3/0>');
    const read = held(stage.server.device('dev').read('/3/0', { accept: 110 }));
    const request = await device.one();
    device.answer(request, Code.CONTENT, { contentFormat: 110, payload: '[{"bn":"/x/3/0/","n":"9","v":42}]' });
    await stage.settle();
    expect((await read).records[0]).toMatchObject({ path: { objectId: 3, resourceId: 9 }, value: 42 });
  });

  test.each([
    ['4.06', Code.NOT_ACCEPTABLE],
    ['4.15', Code.UNSUPPORTED_CONTENT_FORMAT],
  ])('after %s it asks again without Accept', async (_name, code) => {
    const { stage, device } = await registered();
    const read = held(stage.server.device('dev').read('/3/0/9'));
    device.answer(await device.one(), code);
    const second = await device.one();
    expect(inWords(second)).toBe('CON GET 3/0/9');
    device.answer(second, Code.CONTENT, { ...TEXT, payload: '77' });
    await stage.settle();
    expect((await read).records[0]?.value).toBe(77);
  });

  test('a 2.05 without Content-Format is in the format asked for, else in that of old', async () => {
    const { stage, device } = await registered();
    const asked = stage.server.device('dev').read('/3/0/9', { accept: 110 });
    device.answer(await device.one(), Code.CONTENT, { payload: '[{"n":"/3/0/9","v":1}]' });
    await stage.settle();
    expect(await asked).toMatchObject({ contentFormat: 110, records: [{ value: 1 }] });
    const tree = stage.server.device('dev').read('/3/0', { accept: null });
    device.answer(await device.one(), Code.CONTENT, { payload: Uint8Array.of(0xc1, 0x09, 0x64) });
    await stage.settle();
    expect(await tree).toMatchObject({ contentFormat: 11542, records: [{ value: 100 }] });
    const value = stage.server.device('dev').read('/3/0/9', { accept: null });
    device.answer(await device.one(), Code.CONTENT, { payload: '100' });
    await stage.settle();
    expect(await value).toMatchObject({ contentFormat: 0, records: [{ value: 100 }] });
  });

  test('an error answer keeps code and diagnostic', async () => {
    const { stage, device } = await registered();
    const read = held(stage.server.device('dev').read('/3/0/9'));
    device.answer(await device.one(), Code.METHOD_NOT_ALLOWED, { payload: 'write only' });
    await stage.settle();
    await expect(read).rejects.toMatchObject({
      name: 'OperationRejectedError',
      code: 'ERR_LWM2M_SERVER_REJECTED',
      responseCode: '4.05',
      diagnostic: 'write only',
    });
  });

  test('a success that is no 2.05 is not taken for one', async () => {
    const { stage, device } = await registered();
    const read = held(stage.server.device('dev').read('/3/0/9'));
    device.answer(await device.one(), Code.CHANGED);
    await stage.settle();
    await expect(read).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_RESPONSE' });
  });

  test.each([
    ['bytes that do not decode', 112, Uint8Array.of(0xff)],
    ['a format that LwM2M does not have', 41, '<xml/>'],
  ])('%s reject with the reason as cause', async (_name, contentFormat, payload) => {
    const { stage, device } = await registered();
    const read = held(stage.server.device('dev').read('/3/0/9'));
    device.answer(await device.one(), Code.CONTENT, { contentFormat, payload });
    await stage.settle();
    await expect(read).rejects.toMatchObject({
      code: 'ERR_LWM2M_SERVER_PAYLOAD',
      cause: expect.objectContaining({ name: 'DecodeError' }) as unknown,
    });
  });

  test('a device that sleeps: retransmissions, then a timeout', async () => {
    const { stage, device } = await registered();
    const read = held(stage.server.device('dev').read('/3/0/9'));
    const outcome = expect(read).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    await stage.clock.runUntil(
      read.catch(() => undefined),
      100_000,
    );
    await outcome;
    expect((await device.received()).map(inWords)).toEqual(new Array(5).fill('CON GET 3/0/9 accept=112'));
  });

  test('the caller sets a time limit, or aborts', async () => {
    const { stage } = await registered();
    const limited = stage.server.device('dev').read('/3/0/9', { timeoutMs: 5000 });
    const outcome = expect(limited).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    await stage.clock.advanceAsync(5000);
    await outcome;
    const controller = new AbortController();
    const aborted = stage.server.device('dev').read('/3/0/9', { signal: controller.signal });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_ABORTED' });
  });

  test('an answer may be separate', async () => {
    const { stage, device } = await registered();
    const read = held(stage.server.device('dev').read('/3/0/9'));
    const request = await device.one();
    device.send({ type: MessageType.ACK, code: Code.EMPTY, messageId: request.messageId });
    await stage.clock.advanceAsync(30_000);
    const messageId = device.notify(request.token, undefined, '8');
    const acknowledgement: CoapMessage = await device.one();
    expect(inWords(acknowledgement)).toBe('ACK empty');
    expect(acknowledgement.messageId).toBe(messageId);
    expect((await read).records[0]?.value).toBe(8);
  });

  test('nobody of that name', async () => {
    const stage = await Stage.start();
    const device = stage.server.device('nobody');
    expect(device.registration).toBeUndefined();
    await expect(device.read('/3/0')).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_NOT_REGISTERED' });
    await expect(device.read('/a')).rejects.toMatchObject({ code: 'ERR_LWM2M_PATH' });
  });
});
