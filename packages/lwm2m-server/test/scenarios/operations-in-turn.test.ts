import { Code } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import { converse, held, inFull, type Conversation } from '../operation-stage.ts';

const QUEUE_MODE = 'lwm2m=1.1&ep=dev&lt=3600&b=U&Q';
const AWAKE_MS = 93_000;

async function asleep(): Promise<Conversation> {
  const conversation = await converse(QUEUE_MODE);
  await conversation.stage.clock.advanceAsync(AWAKE_MS);
  expect(conversation.target.presence).toMatchObject({ state: 'asleep', reason: 'silence' });
  return conversation;
}

async function requests({ device }: Conversation): Promise<string[]> {
  return (await device.received()).map(inFull);
}

describe('operations on a device in queue mode', () => {
  test('go out one after another', async () => {
    const conversation = await converse(QUEUE_MODE);
    const { stage, device, target } = conversation;
    const first = held(target.execute('/3/0/4'));
    const second = held(target.writeAttributes('/3', { pmin: 1 }));
    const third = held(target.delete('/3303/0'));
    const request = await device.one();
    expect(inFull(request)).toBe('CON POST 3/0/4');
    device.answer(request, Code.NOT_FOUND);
    const next = await device.one();
    expect(inFull(next)).toBe('CON PUT 3?pmin=1');
    device.answer(next, Code.CHANGED);
    const last = await device.one();
    device.answer(last, Code.DELETED);
    await stage.settle();
    await expect(first).rejects.toMatchObject({ responseCode: '4.04' });
    await expect(Promise.all([second, third])).resolves.toEqual([undefined, undefined]);
  });

  test('wait until it wakes', async () => {
    const conversation = await asleep();
    const { stage, device, target } = conversation;
    const write = held(target.write('/3/0/15', 'UTC', { contentFormat: 0 }));
    expect(await requests(conversation)).toEqual([]);
    await device.update();
    const request = await device.one();
    expect(inFull(request)).toBe('CON PUT 3/0/15 cf=0 "UTC"');
    device.answer(request, Code.CHANGED);
    await stage.settle();
    await write;
    expect(target.presence).toMatchObject({ state: 'awake', reason: 'update' });
  });

  test('go on with the registration that replaces the one they waited for', async () => {
    const conversation = await asleep();
    const { device, target } = conversation;
    void held(target.delete('/3303/0'));
    await device.register(QUEUE_MODE, '</a>;rt="oma.lwm2m",</3303/0>');
    expect(await requests(conversation)).toEqual(['CON DELETE a/3303/0']);
  });

  test('fail with the registration when it ends for good', async () => {
    const conversation = await asleep();
    const { device, target } = conversation;
    const remove = held(target.delete('/3303/0'));
    await device.deregister();
    await expect(remove).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_REGISTRATION_ENDED' });
    expect(target.presence).toBeUndefined();
  });

  test('do not wait where the caller does not want to', async () => {
    const conversation = await asleep();
    const { target } = conversation;
    await expect(target.read('/3/0', { whenAsleep: 'fail' })).rejects.toMatchObject({
      code: 'ERR_LWM2M_SERVER_ASLEEP',
    });
    void held(target.discover('/3', { whenAsleep: 'send' }));
    expect(await requests(conversation)).toEqual(['CON GET 3 accept=40']);
  });

  test('wait no longer than their time limit, and not after an abort', async () => {
    const { stage, target } = await asleep();
    const controller = new AbortController();
    const late = held(target.readComposite(['/3'], { timeoutMs: 5000 }));
    const aborted = held(target.gateway({ signal: controller.signal }));
    controller.abort();
    await stage.clock.advanceAsync(5000);
    await expect(late).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_TIMEOUT' });
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_ABORTED' });
  });

  test('that can never be sent fail while it sleeps', async () => {
    const { target } = await asleep();
    await expect(target.execute('/3')).rejects.toThrow(RangeError);
    await expect(target.perform({ kind: 'create', path: '/3/0', instance: NOTHING })).rejects.toThrow(RangeError);
  });
});

const NOTHING = { kind: 'objectInstance', id: 0, resources: [] } as const;

test('operations on other devices go out at once, as many as CoAP lets out', async () => {
  const conversation = await converse();
  const { target, device } = conversation;
  void held(target.execute('/3/0/4'));
  void held(target.delete('/3303/0'));
  const [first] = await device.received();
  if (first === undefined) throw new Error('nothing was sent');
  expect(inFull(first)).toBe('CON POST 3/0/4');
  device.answer(first, Code.CHANGED); // NSTART is 1 (RFC 7252 §4.7)
  expect(await requests(conversation)).toEqual(['CON DELETE 3303/0']);
});

test('presence changes are told', async () => {
  const conversation = await converse(QUEUE_MODE);
  const { stage, device } = conversation;
  const told: string[] = [];
  stage.server.on('presence', ({ endpointName }, { state, reason }) => told.push(`${endpointName} ${state} ${reason}`));
  await stage.clock.advanceAsync(AWAKE_MS);
  await device.update();
  expect(told).toEqual(['dev asleep silence', 'dev awake update']);
});
