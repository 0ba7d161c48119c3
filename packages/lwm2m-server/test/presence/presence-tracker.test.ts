import { describe, expect, test } from 'vitest';
import { UNREACHABLE } from '../../src/registration/registered-endpoint.ts';
import { DownlinkStage, endpointOf } from '../queue/downlink-stage.ts';

const MAX_TRANSMIT_WAIT_MS = 93_000;

describe('an endpoint in queue mode', () => {
  test('is awake for 93 s after an uplink, and asleep then', async () => {
    const stage = new DownlinkStage();
    const registeredAt = stage.clock.wallTime();
    const endpoint = stage.register('dev');
    expect(stage.presence.of(endpoint)).toEqual({ state: 'awake', since: registeredAt, reason: 'register' });
    await stage.advance(MAX_TRANSMIT_WAIT_MS - 1);
    expect(stage.presence.isAwake(endpoint)).toBe(true);
    await stage.advance(1);
    expect(stage.presence.of(endpoint)).toEqual({
      state: 'asleep',
      since: registeredAt + MAX_TRANSMIT_WAIT_MS,
      reason: 'silence',
    });
    expect(await stage.taken()).toEqual(['dev asleep: silence']);
  });

  test.each(['register', 'update', 'send', 'notification', 'answer'] as const)('is woken by: %s', async (uplink) => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev');
    await stage.advance(100_000);
    stage.presence.heard(endpoint, uplink);
    expect(stage.presence.of(endpoint)).toEqual({ state: 'awake', since: stage.clock.wallTime(), reason: uplink });
    await stage.advance(MAX_TRANSMIT_WAIT_MS);
    expect(await stage.taken()).toEqual(['dev asleep: silence', `dev awake: ${uplink}`, 'dev asleep: silence']);
  });

  test('each uplink begins its awake time anew, with one timer and no event', async () => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev');
    const timers = stage.timers.size;
    for (let second = 0; second < 200; second += 1) {
      await stage.advance(1000);
      stage.presence.heard(endpoint, 'notification');
      expect(stage.timers.size).toBe(timers);
    }
    await stage.advance(MAX_TRANSMIT_WAIT_MS - 1);
    expect(await stage.taken()).toEqual([]);
    await stage.advance(1);
    expect(await stage.taken()).toEqual(['dev asleep: silence']);
    expect(stage.timers.size).toBe(timers - 1);
  });

  test('has the awake time of the options', async () => {
    const stage = new DownlinkStage({ awakeTimeMs: 20_000 });
    stage.register('dev');
    await stage.advance(19_999);
    expect(await stage.taken()).toEqual([]);
    await stage.advance(1);
    expect(await stage.taken()).toEqual(['dev asleep: silence']);
  });

  test('may have an awake time of its own', async () => {
    const stage = new DownlinkStage({ awakeTimeMs: ({ endpointName }) => (endpointName === 'a' ? 1_000 : Infinity) });
    stage.register('a');
    stage.register('b');
    await stage.advance(10_000_000);
    expect(await stage.taken()).toEqual(['a asleep: silence']);
  });

  test.each([
    ['gives none', () => Number.NaN, 'awakeTimeMs gave NaN'],
    ['gives one below 0', () => -1, 'awakeTimeMs gave -1'],
    [
      'throws',
      (): number => {
        throw new Error('broken');
      },
      'broken',
    ],
  ])('has the default when the function %s, which is reported', async (_name, awakeTimeMs, message) => {
    const stage = new DownlinkStage({ awakeTimeMs });
    const endpoint = stage.register('dev');
    expect(await stage.taken()).toContain(`error: the awake time of dev: ${message}`);
    await stage.advance(MAX_TRANSMIT_WAIT_MS - 1);
    expect(stage.presence.isAwake(endpoint)).toBe(true);
    await stage.advance(1);
    expect(stage.presence.isAwake(endpoint)).toBe(false);
  });

  test('that an Update takes out of queue mode stays awake', async () => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev');
    endpoint.registration = { ...endpoint.registration, queueMode: false };
    stage.presence.heard(endpoint, 'update');
    await stage.advance(1_000_000);
    expect(await stage.taken()).toEqual([]);
    expect(stage.timers.size).toBe(0);
  });
});

describe('any endpoint', () => {
  test('without queue mode is awake since its Register, and nothing is kept of it', () => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev', { queueMode: false, registeredAt: 5 });
    stage.presence.heard(endpoint, 'update');
    expect(endpoint.presence).toBeUndefined();
    expect(stage.timers.size).toBe(0);
    expect(stage.presence.of(endpoint)).toEqual({ state: 'awake', since: 5, reason: 'register' });
  });

  test.each([true, false])('that does not answer is asleep until it is heard (queue mode: %s)', async (queueMode) => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev', { queueMode });
    stage.presence.unanswered(endpoint);
    stage.presence.unanswered(endpoint);
    expect(stage.presence.of(endpoint)).toEqual({
      state: 'asleep',
      since: stage.clock.wallTime(),
      reason: 'no-answer',
    });
    await stage.advance(1_000_000);
    stage.presence.heard(endpoint, 'notification');
    expect(await stage.taken()).toEqual(['dev asleep: no-answer', 'dev awake: notification']);
  });

  test('that slept and registers anew has woken', async () => {
    const stage = new DownlinkStage();
    stage.presence.unanswered(stage.register('dev', { queueMode: false }));
    stage.register('dev', { queueMode: false });
    expect(await stage.taken()).toEqual(['dev asleep: no-answer', 'dev awake: register']);
  });

  test('that registers for the first time, or after it was gone, changes nothing', async () => {
    const stage = new DownlinkStage();
    stage.register('dev');
    stage.deregister('dev');
    await stage.advance(1_000_000);
    stage.register('dev');
    expect(await stage.taken()).toEqual([]);
  });

  test('whose registration ended is not followed any more', async () => {
    const stage = new DownlinkStage();
    const endpoint = stage.register('dev');
    stage.deregister('dev');
    stage.presence.unanswered(endpoint);
    stage.presence.heard(endpoint, 'answer');
    await stage.advance(1_000_000);
    expect(await stage.taken()).toEqual([]);
    expect(stage.timers.size).toBe(0);
  });
});

describe('an endpoint that was taken from the store', () => {
  test.each([
    ['within its awake time is awake for the rest of it', 10_000, 'awake', 'restored'],
    ['after its awake time is asleep', MAX_TRANSMIT_WAIT_MS, 'asleep', 'silence'],
  ] as const)('%s', async (_name, agoMs, state, reason) => {
    const stage = new DownlinkStage();
    const updatedAt = stage.clock.wallTime() - agoMs;
    const endpoint = endpointOf('dev', { updatedAt });
    stage.presence.restored(endpoint);
    const since = state === 'awake' ? updatedAt : updatedAt + MAX_TRANSMIT_WAIT_MS;
    expect(stage.presence.of(endpoint)).toEqual({ state, since, reason });
    await stage.advance(MAX_TRANSMIT_WAIT_MS - agoMs);
    expect(stage.presence.isAwake(endpoint)).toBe(false);
    expect(await stage.taken()).toEqual(state === 'awake' ? ['dev asleep: silence'] : []);
  });

  test('without queue mode is awake', () => {
    const stage = new DownlinkStage();
    const endpoint = endpointOf('dev', { queueMode: false, updatedAt: 1 });
    stage.presence.restored(endpoint);
    expect(stage.presence.isAwake(endpoint)).toBe(true);
  });

  test('whose peer is gone is asleep until it is heard', async () => {
    const stage = new DownlinkStage();
    const endpoint = endpointOf('dev', { queueMode: false });
    endpoint.coap = UNREACHABLE;
    stage.presence.restored(endpoint);
    expect(stage.presence.of(endpoint)).toMatchObject({ state: 'asleep', reason: 'no-answer' });
    stage.presence.heard(endpoint, 'update');
    expect(await stage.taken()).toEqual(['dev awake: update']);
  });

  test('whose Update lies in the future, since the time of day was set back, is awake for one awake time', async () => {
    const stage = new DownlinkStage();
    const endpoint = endpointOf('dev', { updatedAt: stage.clock.wallTime() + 3_600_000 });
    stage.presence.restored(endpoint);
    await stage.advance(MAX_TRANSMIT_WAIT_MS - 1);
    expect(stage.presence.isAwake(endpoint)).toBe(true);
    await stage.advance(1);
    expect(stage.presence.isAwake(endpoint)).toBe(false);
  });
});

test.each([-1, Number.NaN])('an awake time of %s is refused', (awakeTimeMs) => {
  expect(() => new DownlinkStage({ awakeTimeMs })).toThrow(RangeError);
});
