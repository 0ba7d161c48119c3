import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { OperationOptions } from '../../src/api/device.ts';
import { CoapError } from '@flownexus/coap';
import type { OperationResult } from '../../src/downlink/operation.ts';
import { Lwm2mServerError } from '../../src/errors.ts';
import { limits } from '../../src/limits.ts';
import type { RegisteredEndpoint } from '../../src/registration/registered-endpoint.ts';
import { CHANGED, DownlinkStage, MAX_TRANSMIT_WAIT_MS, peerOf, read } from './downlink-stage.ts';

/** Starts an operation; what becomes of it goes to the log. */
function run(stage: DownlinkStage, path: string, options: OperationOptions = {}, name = 'dev'): Promise<unknown> {
  return stage.turns
    .run<OperationResult>(name, options, (endpoint, bounds) => stage.send(endpoint, read(path), bounds))
    .then(
      () => stage.log.push(`${path} done`),
      (error: unknown) =>
        stage.log.push(`${path} ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`),
    );
}

function asleep(queueMode = true): { stage: DownlinkStage; endpoint: RegisteredEndpoint } {
  const stage = new DownlinkStage();
  const endpoint = stage.register('dev', { queueMode });
  stage.presence.unanswered(endpoint);
  stage.log.splice(0);
  return { stage, endpoint };
}

describe('a device in queue mode', () => {
  test('gets one request at a time, in their order', async () => {
    const stage = new DownlinkStage();
    stage.register('dev');
    void run(stage, '/1');
    void run(stage, '/2');
    void run(stage, '/3');
    await stage.settle();
    expect(stage.open()).toEqual(['/1']);
    stage.one().answer();
    await stage.settle();
    expect(stage.open()).toEqual(['/2']);
    stage.one().refuse('4.04');
    await stage.settle();
    stage.one().refuse('5.00');
    expect(await stage.taken()).toEqual(['/1 done', '/2 ERR_LWM2M_SERVER_REJECTED', '/3 ERR_LWM2M_SERVER_REJECTED']);
    expect(stage.turns.waiting).toBe(0);
  });

  test('is awake for its awake time after each answer', async () => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev');
    await stage.advance(90_000);
    void run(stage, '/1');
    await stage.settle();
    stage.one().refuse('4.05');
    await stage.advance(MAX_TRANSMIT_WAIT_MS - 1);
    expect(stage.presence.isAwake(endpoint)).toBe(true);
  });

  test('that did not answer gets the next request when it is heard', async () => {
    const stage = new DownlinkStage();
    stage.register('dev');
    void run(stage, '/1');
    void run(stage, '/2');
    await stage.advance(1_000_000);
    expect(stage.open()).toEqual([]);
    stage.update('dev');
    expect(stage.open()).toEqual(['/2']);
    expect(await stage.taken()).toEqual(['dev asleep: silence', '/1 ERR_LWM2M_SERVER_TIMEOUT', 'dev awake: update']);
  });

  test('two devices are independent of each other', async () => {
    const stage = new DownlinkStage();
    stage.register('a');
    stage.register('b');
    void run(stage, '/1', {}, 'a');
    void run(stage, '/2', {}, 'b');
    await stage.settle();
    expect(stage.open()).toEqual(['/1', '/2']);
  });
});

test('a device without queue mode gets all at once', async () => {
  const stage = new DownlinkStage();
  stage.register('dev', { queueMode: false });
  void run(stage, '/1');
  void run(stage, '/2');
  await stage.settle();
  expect(stage.open()).toEqual(['/1', '/2']);
});

describe('while a device sleeps', () => {
  test('an operation waits until it is heard', async () => {
    const { stage } = asleep();
    void run(stage, '/1');
    await stage.advance(1_000_000);
    expect(stage.sent).toEqual([]);
    stage.update('dev');
    stage.one().answer();
    expect(await stage.taken()).toEqual(['dev awake: update', '/1 done']);
  });

  test('all that wait are sent when one without queue mode is heard', () => {
    const { stage } = asleep(false);
    void run(stage, '/1');
    void run(stage, '/2');
    stage.update('dev');
    expect(stage.open()).toEqual(['/1', '/2']);
  });

  test('an operation fails where the caller wants it', async () => {
    const { stage } = asleep();
    void run(stage, '/1', { whenAsleep: 'fail' });
    expect(await stage.taken()).toEqual(['/1 ERR_LWM2M_SERVER_ASLEEP']);
  });

  test('an operation is sent where the caller wants it, past those that wait', async () => {
    const { stage } = asleep();
    void run(stage, '/1');
    void run(stage, '/2', { whenAsleep: 'send' });
    void run(stage, '/3', { whenAsleep: 'send' });
    await stage.settle();
    expect(stage.open()).toEqual(['/2']);
    stage.one().answer();
    await stage.settle();
    expect(stage.open()).toEqual(['/1']);
    expect(await stage.taken()).toEqual(['dev awake: answer', '/2 done']);
  });

  test('what waits for its turn when the device falls asleep does what its caller wants', async () => {
    const stage = new DownlinkStage();
    stage.register('dev');
    void run(stage, '/1');
    void run(stage, '/2', { whenAsleep: 'fail' });
    void run(stage, '/3');
    void run(stage, '/4', { whenAsleep: 'send' });
    await stage.settle();
    stage.one().fail('ERR_LWM2M_SERVER_TIMEOUT');
    await stage.settle();
    expect(stage.open()).toEqual(['/4']);
    expect(await stage.taken()).toEqual([
      'dev asleep: no-answer',
      '/2 ERR_LWM2M_SERVER_ASLEEP',
      '/1 ERR_LWM2M_SERVER_TIMEOUT',
    ]);
  });
});

describe('the time limit', () => {
  test('covers the wait for the device', async () => {
    const { stage } = asleep();
    void run(stage, '/1', { timeoutMs: 5_000 });
    await stage.advance(4_999);
    expect(await stage.taken()).toEqual([]);
    await stage.advance(1);
    expect(await stage.taken()).toEqual(['/1 ERR_LWM2M_SERVER_TIMEOUT']);
    stage.update('dev');
    expect(stage.sent).toEqual([]);
  });

  test('has for the request what the wait left of it', async () => {
    const { stage } = asleep();
    void run(stage, '/1', { timeoutMs: 5_000 });
    await stage.advance(3_000);
    stage.update('dev');
    await stage.advance(1_999);
    expect(stage.open()).toEqual(['/1']);
    await stage.advance(1);
    expect(await stage.taken()).toEqual(['dev awake: update', '/1 ERR_LWM2M_SERVER_TIMEOUT']);
  });

  test.each([-1, Number.NaN, Infinity])('of %s is refused', async (timeoutMs) => {
    const stage = new DownlinkStage();
    stage.register('dev');
    await expect(stage.turns.run('dev', { timeoutMs }, () => Promise.resolve())).rejects.toThrow(RangeError);
  });

  test('that passes before CoAP gives up says nothing about the device', async () => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev', { queueMode: false });
    void run(stage, '/1', { timeoutMs: MAX_TRANSMIT_WAIT_MS - 1 });
    await stage.advance(MAX_TRANSMIT_WAIT_MS);
    expect(await stage.taken()).toEqual(['/1 ERR_LWM2M_SERVER_TIMEOUT']);
    expect(stage.presence.isAwake(endpoint)).toBe(true);
  });
});

test('a time limit that CoAP would not have exceeded says that the device is asleep', async () => {
  const stage = new DownlinkStage();
  const endpoint = stage.register('dev', { queueMode: false });
  void run(stage, '/1', { timeoutMs: MAX_TRANSMIT_WAIT_MS });
  await stage.advance(MAX_TRANSMIT_WAIT_MS);
  expect(stage.presence.of(endpoint)).toMatchObject({ state: 'asleep', reason: 'no-answer' });
});

describe('the device', () => {
  test.each([
    ['ERR_LWM2M_SERVER_TIMEOUT', undefined, 'asleep'],
    ['ERR_LWM2M_SERVER_EXCHANGE', 'ERR_COAP_PEER_CLOSED', 'asleep'],
    ['ERR_LWM2M_SERVER_EXCHANGE', 'ERR_COAP_RESET', 'awake'],
    ['ERR_LWM2M_SERVER_EXCHANGE', 'ERR_COAP_LIMIT', 'awake'],
    ['ERR_LWM2M_SERVER_PAYLOAD', undefined, 'awake'],
    ['ERR_LWM2M_SERVER_ABORTED', undefined, 'awake'],
  ] as const)('after %s (%s) is %s', async (code, cause, state) => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev', { queueMode: false });
    void run(stage, '/1');
    await stage.settle();
    stage.one().fail(code, cause === undefined ? undefined : new CoapError(cause, cause));
    await stage.settle();
    expect(stage.presence.of(endpoint).state).toBe(state);
  });

  test.each([
    ['ERR_LWM2M_SERVER_EXCHANGE', 'ERR_COAP_RESET', 'awake'],
    ['ERR_LWM2M_SERVER_PAYLOAD', undefined, 'awake'],
    ['ERR_LWM2M_SERVER_EXCHANGE', 'ERR_COAP_LIMIT', 'asleep'],
  ] as const)('that slept is after %s (%s) %s', async (code, cause, state) => {
    const { stage, endpoint } = asleep();
    void run(stage, '/1', { whenAsleep: 'send' });
    await stage.settle();
    stage.one().fail(code, cause === undefined ? undefined : new CoapError(cause, cause));
    await stage.settle();
    expect(stage.presence.of(endpoint).state).toBe(state);
  });

  test('that was heard after the request had been sent for the last time is awake, though it did not answer', async () => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev');
    void run(stage, '/1');
    void run(stage, '/2');
    await stage.advance(60_000);
    stage.update('dev');
    await stage.advance(MAX_TRANSMIT_WAIT_MS - 60_000);
    expect(await stage.taken()).toEqual(['/1 ERR_LWM2M_SERVER_TIMEOUT']);
    expect(stage.presence.isAwake(endpoint)).toBe(true);
    expect(stage.open()).toEqual(['/2']);
  });
});

describe('the caller aborts', () => {
  test('before: nothing is sent', async () => {
    const stage = new DownlinkStage();
    stage.register('dev');
    void run(stage, '/1', { signal: AbortSignal.abort() });
    expect(await stage.taken()).toEqual(['/1 ERR_LWM2M_SERVER_ABORTED']);
    expect(stage.sent).toEqual([]);
  });

  test('while it waits', async () => {
    const { stage } = asleep();
    const controller = new AbortController();
    void run(stage, '/1', { signal: controller.signal, timeoutMs: 60_000 });
    const timers = stage.timers.size;
    controller.abort();
    expect(await stage.taken()).toEqual(['/1 ERR_LWM2M_SERVER_ABORTED']);
    expect(stage.timers.size).toBe(timers - 1);
    stage.update('dev');
    expect(stage.sent).toEqual([]);
  });

  test('while it runs: the next has its turn', async () => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev');
    const controller = new AbortController();
    void run(stage, '/1', { signal: controller.signal });
    void run(stage, '/2');
    await stage.settle();
    controller.abort();
    expect(await stage.taken()).toEqual(['/1 ERR_LWM2M_SERVER_ABORTED']);
    expect(stage.open()).toEqual(['/2']);
    expect(stage.presence.isAwake(endpoint)).toBe(true);
  });
});

test('nothing listens to the signal of a caller when its operation is over', async () => {
  const stage = new DownlinkStage();
  stage.register('dev');
  const { signal } = new AbortController();
  void run(stage, '/1', { signal });
  void run(stage, '/2', { signal });
  expect(getEventListeners(signal, 'abort').length).toBe(2);
  await stage.settle();
  stage.one().answer();
  await stage.settle();
  stage.one().refuse('4.04');
  await stage.settle();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

describe('the registration', () => {
  test('there is none', async () => {
    const stage = new DownlinkStage();
    void run(stage, '/1');
    expect(await stage.taken()).toEqual(['/1 ERR_LWM2M_SERVER_NOT_REGISTERED']);
  });

  test('ends while an operation waits', async () => {
    const { stage } = asleep();
    void run(stage, '/1');
    stage.deregister('dev');
    expect(await stage.taken()).toEqual(['/1 ERR_LWM2M_SERVER_REGISTRATION_ENDED']);
    expect(stage.turns.waiting).toBe(0);
  });

  test('is replaced while an operation waits: it goes on with the new one', async () => {
    const { stage } = asleep();
    void run(stage, '/1');
    const endpoint = stage.register('dev', {}, 'another peer');
    expect(stage.one().endpoint).toBe(endpoint);
    stage.one().answer();
    expect(await stage.taken()).toEqual(['dev awake: register', '/1 done']);
  });

  test('is replaced from another peer while an operation runs: no answer can come, and the next has its turn', async () => {
    const stage = new DownlinkStage();
    stage.register('dev');
    void run(stage, '/1');
    void run(stage, '/2');
    await stage.settle();
    stage.register('dev', {}, 'another peer');
    expect(await stage.taken()).toEqual(['/1 ERR_LWM2M_SERVER_REGISTRATION_ENDED']);
    expect(stage.open()).toEqual(['/2']);
  });

  test('is replaced from the same peer while an operation runs: its answer counts for the new one', async () => {
    const stage = new DownlinkStage();
    stage.register('dev');
    void run(stage, '/1');
    await stage.settle();
    const endpoint = stage.register('dev');
    await stage.advance(90_000);
    stage.one().answer();
    await stage.advance(90_000);
    expect(await stage.taken()).toEqual(['/1 done']);
    expect(stage.presence.isAwake(endpoint)).toBe(true);
  });
});

test('what becomes of an operation to a peer that the device is no more says nothing about the device', async () => {
  const stage = new DownlinkStage();
  const endpoint = stage.register('dev');
  const task = Promise.withResolvers<never>();
  const running = stage.turns.run('dev', {}, () => task.promise);
  endpoint.peer = peerOf('another peer');
  stage.update('dev');
  task.reject(new Lwm2mServerError('ERR_LWM2M_SERVER_TIMEOUT', 'no answer'));
  await expect(running).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_REGISTRATION_ENDED' });
  expect(stage.presence.isAwake(endpoint)).toBe(true);
});

test('an operation that ends long after it was lost leaves the others their turns', async () => {
  const stage = new DownlinkStage();
  const endpoint = stage.register('dev');
  const task = Promise.withResolvers<never>();
  const running = stage.turns.run('dev', {}, () => task.promise);
  endpoint.peer = peerOf('another peer');
  stage.update('dev');
  void run(stage, '/2');
  void run(stage, '/3');
  task.reject(new Error('late'));
  await expect(running).rejects.toThrow('became another peer');
  stage.one().answer();
  await stage.settle();
  expect(stage.open()).toEqual(['/3']);
});

describe('bounds', () => {
  test('so many operations wait for one device', async () => {
    const { stage } = asleep();
    for (let index = 0; index < limits.maxWaitingOperationsPerEndpoint; index += 1) void run(stage, `/${index}`);
    void run(stage, '/one-more');
    expect(await stage.taken()).toEqual(['/one-more ERR_LWM2M_SERVER_LIMIT']);
    expect(stage.turns.waiting).toBe(limits.maxWaitingOperationsPerEndpoint);
  });

  test('nothing is kept when all is over', async () => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev');
    void run(stage, '/1');
    void run(stage, '/2', { timeoutMs: 1000 });
    await stage.settle();
    stage.one().answer(CHANGED);
    await stage.settle();
    stage.one().answer(CHANGED);
    await stage.advance(1_000_000);
    expect(stage.turns.waiting).toBe(0);
    expect(stage.timers.size).toBe(0);
    stage.turns.heard(endpoint);
    stage.turns.ended('dev');
  });
});

test('when the server stops, what waits fails, and nothing new is taken', async () => {
  const { stage } = asleep();
  void run(stage, '/1');
  stage.turns.stop();
  void run(stage, '/2');
  expect((await stage.taken()).sort()).toEqual(['/1 ERR_LWM2M_SERVER_STATE', '/2 ERR_LWM2M_SERVER_STATE']);
});

test('a task that throws at once rejects, and lets the next have its turn', async () => {
  const stage = new DownlinkStage();
  stage.register('dev');
  const failed = stage.turns.run('dev', {}, () => {
    throw new RangeError('no form');
  });
  await expect(failed).rejects.toThrow('no form');
  void run(stage, '/1');
  await stage.settle();
  expect(stage.open()).toEqual(['/1']);
});
