import { buildOptions, Code, MessageType, type CoapMessage } from '@flownexus/coap';
import { parsePath } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import type { Device } from '../../src/index.ts';
import { converse, held } from '../operation-stage.ts';
import { inWords } from '../scripted-device.ts';

const TEXT = { contentFormat: 0, payload: '7' };

const OPERATIONS: readonly (readonly [string, (target: Device) => Promise<unknown>])[] = [
  ['Read', (target) => target.read('/3/0/9')],
  ['Write', (target) => target.write('/3/0/15', 'UTC')],
  ['Write-Attributes', (target) => target.writeAttributes('/3', { pmin: 1 })],
  ['Execute', (target) => target.execute('/3/0/4')],
  ['Create', (target) => target.create('/3303', [])],
  ['Delete', (target) => target.delete('/3303/0')],
  ['Discover', (target) => target.discover('/3')],
  ['Read-Composite', (target) => target.readComposite(['/3/0/9'])],
  [
    'Write-Composite',
    (target) => target.writeComposite([{ path: parsePath('/1/0/1'), type: 'integer', value: 60, time: undefined }]),
  ],
];
/** What harms an operation may not harm the next one: it is answered as it should be. */
async function nextOneWorks({ stage, device, target }: Awaited<ReturnType<typeof converse>>): Promise<void> {
  const read = held(target.read('/3/0/9', { accept: null }));
  const requests = await device.received();
  const request = requests.findLast((message) => inWords(message) === 'CON GET 3/0/9');
  if (request === undefined) throw new Error(`no Read among ${requests.map(inWords).join('; ')}`);
  device.answer(request, Code.CONTENT, TEXT);
  await stage.settle();
  expect((await read).records).toMatchObject([{ value: 7 }]);
  expect(stage.log.filter((line) => line.startsWith('error'))).toEqual([]);
}

describe.each(OPERATIONS)('%s', (_name, operate) => {
  test.each<[string, { readonly code: number; readonly payload?: Uint8Array }, string]>([
    ['a success of another kind', { code: Code.VALID }, 'ERR_LWM2M_SERVER_RESPONSE'],
    ['a code that nobody has', { code: 0x5e }, 'ERR_LWM2M_SERVER_RESPONSE'],
    ['an error that nobody has', { code: 0x9f, payload: Uint8Array.of(0xff, 0xfe) }, 'ERR_LWM2M_SERVER_REJECTED'],
  ])('answered with %s', async (_case, { code, payload = new Uint8Array(0) }, expected) => {
    const conversation = await converse();
    const { stage, device, target } = conversation;
    const operation = held(operate(target));
    device.answer(await device.one(), code, { payload });
    await stage.settle();
    await expect(operation).rejects.toMatchObject({ code: expected });
    await nextOneWorks(conversation);
  });

  test('answered with a Reset', async () => {
    const conversation = await converse();
    const { stage, device, target } = conversation;
    const operation = held(operate(target));
    const { messageId } = await device.one();
    device.send({ type: MessageType.RST, code: Code.EMPTY, messageId });
    await stage.settle();
    await expect(operation).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_EXCHANGE' });
    await nextOneWorks(conversation);
  });

  test('never answered, the device being there', async () => {
    const conversation = await converse('lwm2m=1.1&ep=dev&lt=600');
    const { stage, device, target } = conversation;
    const operation = held(operate(target));
    const { messageId } = await device.one();
    device.send({ type: MessageType.ACK, code: Code.EMPTY, messageId });
    const settled = operation.catch(() => undefined);
    await stage.clock.runUntil(settled, 300_000);
    await expect(operation).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    await device.update();
    await nextOneWorks(conversation);
  });
});

describe('a Read', () => {
  async function asked(): Promise<
    Awaited<ReturnType<typeof converse>> & { read: Promise<unknown>; request: CoapMessage }
  > {
    const conversation = await converse('lwm2m=1.1&ep=dev&lt=600');
    const read = held(conversation.target.read('/3/0/9', { accept: null, timeoutMs: 10_000 }));
    return { ...conversation, read, request: await conversation.device.one() };
  }

  test('answered twice: the second answer is not for the next operation', async () => {
    const conversation = await asked();
    const { stage, device, read, request } = conversation;
    device.answer(request, Code.CONTENT, TEXT);
    device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '8' });
    await stage.settle();
    expect(await read).toMatchObject({ records: [{ value: 7 }] });
    await nextOneWorks(conversation);
  });

  test('answered too late: a Confirmable answer is reset, and nothing else comes of it', async () => {
    const conversation = await asked();
    const { stage, device, read, request } = conversation;
    device.send({ type: MessageType.ACK, code: Code.EMPTY, messageId: request.messageId });
    await stage.clock.advanceAsync(10_000);
    await expect(read).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    device.notify(request.token, undefined, '7');
    expect((await device.received()).map(inWords)).toEqual(['RST empty']);
    await nextOneWorks(conversation);
  });

  test('answered by somebody else', async () => {
    const conversation = await asked();
    const { stage, device, read, request } = conversation;
    const stranger = stage.device(50_001);
    stranger.answer(request, Code.CONTENT, { contentFormat: 0, payload: '666' });
    await stage.settle();
    device.answer(request, Code.CONTENT, TEXT);
    await stage.settle();
    expect(await read).toMatchObject({ records: [{ value: 7 }] });
    await nextOneWorks(conversation);
  });

  test('answered with another token', async () => {
    const conversation = await asked();
    const { stage, device, read, request } = conversation;
    device.send({
      type: MessageType.ACK,
      code: Code.CONTENT,
      messageId: request.messageId,
      token: Uint8Array.of(1),
      options: buildOptions({ contentFormat: 0 }),
      payload: Uint8Array.of(0x36),
    });
    await stage.clock.advanceAsync(10_000);
    await expect(read).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    await device.ignore();
    await nextOneWorks(conversation);
  });

  test.each([
    ['a value above what was read', '[{"n":"/1/0/1","v":1}]'],
    ['a name that is no path', '[{"n":"/x/y","v":1}]'],
    ['a value of nothing', '[{"n":"/3/0/9"}]'],
    ['arrays without end', '['.repeat(1000)],
  ])('answered with %s', async (_name, payload) => {
    const conversation = await asked();
    const { stage, device, read, request } = conversation;
    device.answer(request, Code.CONTENT, { contentFormat: 110, payload });
    await stage.settle();
    await expect(read).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_PAYLOAD' });
    await nextOneWorks(conversation);
  });
});
