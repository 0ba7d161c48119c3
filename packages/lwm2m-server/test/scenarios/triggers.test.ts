import { Code } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import { bootstrapTrigger, updateTrigger, type Device } from '../../src/index.ts';
import { answer, converse, fail, held } from '../operation-stage.ts';

const TWO_SERVERS = ['lwm2m=1.1&ep=dev&lt=60', '</>;ct=110,</1/0>,</1/7>,</3/0>'] as const;
const IN_JSON = { contentFormat: 110 };
const ACCOUNTS = JSON.stringify([
  { n: '/1/0/0', v: 101 },
  { n: '/1/7/0', v: 102 },
]);
const NO_ACCOUNT = { code: 'ERR_LWM2M_SERVER_NO_ACCOUNT' };

test.each<[string, (target: Device) => Promise<void>, string]>([
  ['an Update', (target) => target.triggerUpdate(), 'CON POST 1/3/8'],
  ['a bootstrap', (target) => target.triggerBootstrap(), 'CON POST 1/3/9'],
])('%s is triggered at the only instance of the Server Object', async (_name, trigger, expected) => {
  const conversation = await converse('lwm2m=1.1&ep=dev&lt=60', '</1/3>,</3/0>');
  const { requests } = await answer(conversation, trigger(conversation.target), [Code.CHANGED]);
  expect(requests).toEqual([expected]);
});

describe('of several instances', () => {
  test('the one with the Short Server ID is meant', async () => {
    const conversation = await converse(...TWO_SERVERS);
    const { requests } = await answer(
      conversation,
      conversation.target.triggerUpdate({ shortServerId: 102 }),
      [Code.CONTENT, { ...IN_JSON, payload: ACCOUNTS }],
      [Code.CHANGED],
    );
    expect(requests).toEqual(['CON GET 1 accept=110', 'CON POST 1/7/8']);
  });

  test('the only one that the device shows is meant, when nobody says which', async () => {
    const conversation = await converse(...TWO_SERVERS);
    const { requests } = await answer(
      conversation,
      conversation.target.triggerUpdate(),
      [Code.CONTENT, { ...IN_JSON, payload: JSON.stringify([{ n: '/1/7/1', v: 60 }]) }],
      [Code.CHANGED],
    );
    expect(requests).toEqual(['CON GET 1 accept=110', 'CON POST 1/7/8']);
  });

  test.each<[string, { readonly shortServerId?: number }]>([
    ['nobody says which', {}],
    ['none has the Short Server ID', { shortServerId: 103 }],
  ])('nothing is executed when %s', async (_name, options) => {
    const conversation = await converse(...TWO_SERVERS);
    const { requests, error } = await fail(conversation, conversation.target.triggerUpdate(options), [
      Code.CONTENT,
      { ...IN_JSON, payload: ACCOUNTS },
    ]);
    expect(requests).toEqual(['CON GET 1 accept=110']);
    expect(error).toMatchObject(NO_ACCOUNT);
  });

  test('the time limit is that of the Read and the Execute together', async () => {
    const { stage, device, target } = await converse(...TWO_SERVERS);
    const operation = held(target.triggerUpdate({ shortServerId: 102, timeoutMs: 3_000 }));
    const read = await device.one();
    await stage.clock.advanceAsync(1_500);
    device.answer(read, Code.CONTENT, { ...IN_JSON, payload: ACCOUNTS });
    await device.one();
    await stage.clock.advanceAsync(1_600);
    await expect(operation).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
  });
});

test('a device that lists no instance of the Server Object is asked for them', async () => {
  const conversation = await converse('lwm2m=1.1&ep=dev&lt=60', '</>;ct=110,</3/0>');
  const { requests } = await answer(
    conversation,
    conversation.target.triggerUpdate(),
    [Code.CONTENT, { ...IN_JSON, payload: JSON.stringify([{ n: '/1/0/0', v: 101 }]) }],
    [Code.CHANGED],
  );
  expect(requests).toEqual(['CON GET 1 accept=110', 'CON POST 1/0/8']);
});

test('a refusal is that of the device', async () => {
  const conversation = await converse('lwm2m=1.0&ep=dev&lt=60', '</1/0>,</3/0>');
  const { error } = await fail(conversation, conversation.target.triggerBootstrap(), [Code.METHOD_NOT_ALLOWED]);
  expect(error).toMatchObject({ code: 'ERR_LWM2M_SERVER_REJECTED', responseCode: '4.05' });
});

test('triggers are operations for the durable queue', async () => {
  const { stage, device } = await converse();
  const { id } = await stage.server.operations.add('dev', updateTrigger());
  const request = await device.one();
  device.answer(request, Code.CHANGED);
  await stage.settle();
  expect(await stage.server.operations.get(id)).toMatchObject({ state: 'CONFIRMED' });
  expect([updateTrigger(), bootstrapTrigger(2)]).toEqual([
    { kind: 'execute', path: '/1/0/8' },
    { kind: 'execute', path: '/1/2/9' },
  ]);
});
