import { describe, expect, test } from 'vitest';
import { Code, MessageType, type CoapMessage } from '@flownexus/coap';
import type { Lwm2mServerOptions } from '../../src/index.ts';
import { inWords, Stage, type ScriptedDevice } from '../scripted-device.ts';

const QUEUE_MODE = 'lwm2m=1.1&ep=dev&lt=86400&b=U&Q';
const MAX_TRANSMIT_WAIT_MS = 93_000;

async function registered(
  query: string = QUEUE_MODE,
  options: Partial<Lwm2mServerOptions> = {},
): Promise<{ stage: Stage; device: ScriptedDevice }> {
  const stage = await Stage.start(options);
  stage.server.on('presence', ({ endpointName }, { state, reason }) =>
    stage.log.push(`${endpointName} ${state}: ${reason}`),
  );
  const device = stage.device();
  await device.register(query);
  await device.ignore();
  stage.taken();
  return { stage, device };
}

function inAllWords(messages: readonly CoapMessage[]): string[] {
  return messages.map(inWords);
}

/** What becomes of a Read goes to the log. */
function read(stage: Stage, path: string, options: { timeoutMs?: number } = {}): void {
  stage.server
    .device('dev')
    .read(path, options)
    .then(
      () => stage.log.push(`read ${path}`),
      (error: unknown) => stage.log.push(`${path}: ${String((error as { code?: string }).code)}`),
    );
}

function answer(device: ScriptedDevice, request: CoapMessage | undefined): void {
  if (request === undefined) throw new Error('nothing to answer');
  device.answer(request, Code.CONTENT, { contentFormat: 0, payload: '1' });
}

// LightweightM2M-1.1-int-108
describe('the server knows a device as one in queue mode', () => {
  test.each([
    ['b=U&Q of LwM2M 1.1', QUEUE_MODE, true],
    ['Q alone', 'lwm2m=1.1&ep=dev&lt=86400&Q', true],
    ['b=UQ of LwM2M 1.0', 'lwm2m=1.0&ep=dev&lt=86400&b=UQ', true],
    ['b=UQ of LwM2M 1.2', 'lwm2m=1.2&ep=dev&lt=86400&b=UQ', true],
    ['b=U', 'lwm2m=1.1&ep=dev&lt=86400&b=U', false],
  ])('by %s', async (_name, query, queueMode) => {
    const { stage } = await registered(query);
    expect(stage.server.registration('dev')?.queueMode).toBe(queueMode);
    expect(stage.server.presence('dev')).toMatchObject({ state: 'awake', reason: 'register' });
    await stage.clock.advanceAsync(MAX_TRANSMIT_WAIT_MS);
    expect(stage.server.device('dev').presence?.state).toBe(queueMode ? 'asleep' : 'awake');
    expect(stage.taken()).toEqual(queueMode ? ['dev asleep: silence'] : []);
  });

  test('no more when an Update says b=U', async () => {
    const { stage, device } = await registered();
    await device.update('b=U');
    await stage.clock.advanceAsync(1_000_000);
    expect(stage.server.presence('dev')?.state).toBe('awake');
  });
});

// LightweightM2M-1.1-int-109
test('after 93 s of silence a Read is held, and sent only after the next Update was answered', async () => {
  const { stage, device } = await registered();
  await stage.clock.advanceAsync(MAX_TRANSMIT_WAIT_MS);
  read(stage, '/3/0/0');
  await stage.clock.advanceAsync(600_000);
  expect(await device.received()).toEqual([]);
  device.request(Code.POST, { path: device.location });
  const messages = await device.received();
  expect(inAllWords(messages)).toEqual(['ACK 2.04', 'CON GET 3/0/0 accept=112']);
  answer(device, messages[1]);
  await stage.settle();
  expect(stage.taken()).toEqual(['dev asleep: silence', 'updated dev', 'dev awake: update', 'read /3/0/0']);
});

test('a Read before 93 s are over is sent at once', async () => {
  const { stage, device } = await registered();
  await stage.clock.advanceAsync(MAX_TRANSMIT_WAIT_MS - 1);
  read(stage, '/3/0/0');
  expect(inWords(await device.one())).toBe('CON GET 3/0/0 accept=112');
});

test('an awake device in queue mode gets one request at a time', async () => {
  const { stage, device } = await registered();
  read(stage, '/3/0/0');
  read(stage, '/3/0/1');
  const first = await device.one();
  expect(inWords(first)).toBe('CON GET 3/0/0 accept=112');
  answer(device, first);
  expect(inWords(await device.one())).toBe('CON GET 3/0/1 accept=112');
});

test('a device with another awake time is asleep after it', async () => {
  const { stage } = await registered(QUEUE_MODE, { awakeTimeMs: () => 20_000 });
  await stage.clock.advanceAsync(20_000);
  expect(stage.server.presence('dev')).toEqual({
    state: 'asleep',
    since: stage.clock.wallTime(),
    reason: 'silence',
  });
});

test('what waits is sent after a new Register, to where the device is now', async () => {
  const { stage } = await registered();
  await stage.clock.advanceAsync(MAX_TRANSMIT_WAIT_MS);
  read(stage, '/3/0/0');
  const moved = stage.device(50_001);
  await moved.register(QUEUE_MODE);
  expect(inAllWords(await moved.received())).toEqual(['CON GET 3/0/0 accept=112']);
});

test('what waits fails when the device deregisters', async () => {
  const { stage, device } = await registered();
  await stage.clock.advanceAsync(MAX_TRANSMIT_WAIT_MS);
  read(stage, '/3/0/0');
  await device.deregister();
  expect(stage.taken().slice(1)).toEqual(['deregistered dev', '/3/0/0: ERR_LWM2M_SERVER_REGISTRATION_ENDED']);
});

test('a notification wakes the device, after it was acknowledged', async () => {
  const { stage, device } = await registered();
  const observation = stage.server.device('dev').observe('/3303/0/5700');
  observation.established.catch(() => undefined);
  const request = await device.one();
  device.answer(request, Code.CONTENT, { observe: 1, contentFormat: 0, payload: '1' });
  await stage.clock.advanceAsync(MAX_TRANSMIT_WAIT_MS);
  read(stage, '/3/0/0');
  expect(await device.received()).toEqual([]);
  stage.taken();
  device.notify(request.token, 2, '2');
  expect(inAllWords(await device.received())).toEqual(['ACK empty', 'CON GET 3/0/0 accept=112']);
  expect(stage.taken()).toContain('dev awake: notification');
});

test('a Send wakes the device', async () => {
  const { stage, device } = await registered();
  await stage.clock.advanceAsync(MAX_TRANSMIT_WAIT_MS);
  read(stage, '/3/0/0');
  await stage.settle();
  // [{-2: "/3/0/9", 2: 95}]
  device.request(Code.POST, {
    path: ['dp'],
    contentFormat: 112,
    payload: Buffer.from('81a221662f332f302f3902185f', 'hex'),
  });
  expect(inAllWords(await device.received())).toContain('CON GET 3/0/0 accept=112');
  expect(stage.taken()).toContain('dev awake: send');
});

describe('a device that does not answer', () => {
  test.each([QUEUE_MODE, 'lwm2m=1.1&ep=dev&lt=86400'])('is asleep until it is heard (%s)', async (query) => {
    const { stage, device } = await registered(query, { awakeTimeMs: 1_000_000 });
    read(stage, '/3/0/0');
    await stage.clock.advanceAsync(300_000);
    expect(stage.taken()).toEqual(['dev asleep: no-answer', '/3/0/0: ERR_LWM2M_SERVER_TIMEOUT']);
    await device.ignore();
    read(stage, '/3/0/1');
    await stage.clock.advanceAsync(300_000);
    expect(await device.received()).toEqual([]);
    device.request(Code.POST, { path: device.location });
    expect(inAllWords(await device.received())).toEqual(['ACK 2.04', 'CON GET 3/0/1 accept=112']);
  });

  test('within the time that a caller gives it is not asleep for that', async () => {
    const { stage } = await registered('lwm2m=1.1&ep=dev&lt=86400');
    read(stage, '/3/0/0', { timeoutMs: 1_000 });
    await stage.clock.advanceAsync(1_000);
    expect(stage.taken()).toEqual(['/3/0/0: ERR_LWM2M_SERVER_TIMEOUT']);
    expect(stage.server.presence('dev')?.state).toBe('awake');
  });

  test('but refuses the message is awake', async () => {
    const { stage, device } = await registered('lwm2m=1.1&ep=dev&lt=86400');
    read(stage, '/3/0/0');
    const { messageId } = await device.one();
    device.send({ type: MessageType.RST, code: Code.EMPTY, messageId });
    await stage.settle();
    expect(stage.taken()).toEqual(['/3/0/0: ERR_LWM2M_SERVER_EXCHANGE']);
    expect(stage.server.presence('dev')?.state).toBe('awake');
  });
});

test('a caller may have its operation fail, or sent, while the device sleeps', async () => {
  const { stage, device } = await registered();
  await stage.clock.advanceAsync(MAX_TRANSMIT_WAIT_MS);
  await expect(stage.server.device('dev').read('/3/0/0', { whenAsleep: 'fail' })).rejects.toMatchObject({
    code: 'ERR_LWM2M_SERVER_ASLEEP',
  });
  const reading = stage.server.device('dev').read('/3/0/1', { whenAsleep: 'send' });
  answer(device, await device.one());
  await stage.settle();
  await reading;
  expect(stage.server.presence('dev')).toMatchObject({ state: 'awake', reason: 'answer' });
});

test('a presence that nobody has is undefined', async () => {
  const { stage } = await registered();
  expect(stage.server.presence('other')).toBeUndefined();
});

test('an awake time that is none is refused', () => {
  expect(() => new Stage({ awakeTimeMs: -1 })).toThrow(RangeError);
});
