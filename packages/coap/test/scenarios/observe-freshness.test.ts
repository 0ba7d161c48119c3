import { describe, expect, test } from 'vitest';
import type { CoapMessage, CoapObservation, ObserveOptions } from '../../src/index.ts';
import { encodeUint, OptionNumber, uintOption } from '../../src/index.ts';
import { notify, observedRequest, observerOf, type Seen } from './observer.ts';
import { opt, World } from './world.ts';

const maxAge = (seconds: number): ReturnType<typeof opt.raw> => ({
  number: OptionNumber.MAX_AGE,
  value: encodeUint(seconds),
});

interface Watched {
  readonly world: World;
  readonly observation: CoapObservation;
  readonly registration: CoapMessage;
  readonly seen: Seen;
  /** Virtual seconds at which `onStale` was called. */
  readonly staleAt: number[];
}

async function watch(
  first: readonly ReturnType<typeof opt.raw>[],
  options?: ObserveOptions,
  onStale = true,
): Promise<Watched> {
  const world = await World.open();
  const seen: Seen = { notifications: [], lines: [], ends: [], handle: () => undefined };
  const staleAt: number[] = [];
  const stale = onStale ? { onStale: () => staleAt.push(world.clock.now() / 1000) } : {};
  const pending = world.endpoint.observe(world.peer, observedRequest, { ...observerOf(seen), ...stale }, options);
  const registration = await world.hear();
  await world.piggyback(registration, { code: '2.05', options: [opt.observe(1), ...first] });
  return { world, observation: await pending, registration, seen, staleAt };
}

/** Lets time pass until the device hears something, at most as many seconds. */
async function hearWithin(world: World, seconds: number): Promise<CoapMessage> {
  for (let count = 0; count < seconds && world.device.received.length === 0; count += 1) {
    await world.clock.advanceAsync(1000);
  }
  return world.hear();
}

/** RFC 7641 §3.3.1; TD_COAP_OBS_04. */
describe('onStale', () => {
  test('comes once, when Max-Age has run out', async () => {
    const { world, staleAt } = await watch([maxAge(10)]);
    await world.clock.advanceAsync(200_000);
    expect(staleAt).toEqual([10]);
    await world.hearNothing(); // nobody asked for a registration
    await world.end();
  });

  test('comes after 60 s without a Max-Age', async () => {
    const { world, staleAt } = await watch([]);
    await world.clock.advanceAsync(200_000);
    expect(staleAt).toEqual([60]);
    await world.end();
  });

  test('waits for the newest representation, and comes again for the next one', async () => {
    const { world, registration, staleAt } = await watch([maxAge(10)]);
    await world.clock.advanceAsync(9000);
    await world.say({ type: 'NON', code: '2.05', token: registration.token, options: [opt.observe(5), maxAge(20)] });
    await world.clock.advanceAsync(5000);
    // History does not make it any fresher.
    await world.say({ type: 'NON', code: '2.05', token: registration.token, options: [opt.observe(4), maxAge(99)] });
    await world.clock.advanceAsync(100_000);
    await world.say({ type: 'NON', code: '2.05', token: registration.token, options: [opt.observe(6), maxAge(1)] });
    await world.clock.advanceAsync(100_000);
    expect(staleAt).toEqual([29, 115]);
    await world.end();
  });

  test('does not come after the end', async () => {
    const { world, observation, staleAt } = await watch([maxAge(10)]);
    observation.forget();
    await world.clock.advanceAsync(100_000);
    expect(staleAt).toEqual([]);
    await world.end();
  });

  test('that throws hurts nobody, and may end the observation', async () => {
    const world = await World.open();
    const held: { observation?: CoapObservation } = {};
    const observer = {
      onNotification: () => undefined,
      onStale: () => {
        held.observation?.forget();
        throw new Error('stale');
      },
    };
    const pending = world.endpoint.observe(world.peer, observedRequest, observer, { reregister: true });
    await world.piggyback(await world.hear(), { code: '2.05', options: [opt.observe(1)] });
    held.observation = await pending;
    await world.clock.advanceAsync(200_000);
    await world.hearNothing();
    expect(world.endpoint.statistics.handlerErrors).toBe(1);
    await world.end();
  });

  test('costs no timer where nobody asked', async () => {
    const { world } = await watch([maxAge(10)], undefined, false);
    await world.clock.advanceAsync(300_000); // what the exchange left behind
    const { pendingTimers } = world.clock;
    await world.clock.advanceAsync(1_000_000);
    expect(world.clock.pendingTimers).toBeLessThanOrEqual(pendingTimers);
    await world.hearNothing();
    await world.end();
  });
});

describe('reregister', () => {
  test('registers again 5 to 15 s after Max-Age, and the observation goes on', async () => {
    const { world, observation, registration, seen, staleAt } = await watch([maxAge(30)], { reregister: true });
    await world.clock.advanceAsync(34_999);
    await world.hearNothing();
    const request = await hearWithin(world, 11);
    expect([request.token, uintOption(request.options, OptionNumber.OBSERVE)]).toEqual([registration.token, 0]);
    await world.piggyback(request, { code: '2.05', options: [opt.observe(2), maxAge(30)], payload: 'again' });
    expect([seen.lines, staleAt, observation.active]).toEqual([['again'], [30], true]);
    const again = world.clock.now() / 1000;
    await hearWithin(world, 46);
    expect(staleAt).toEqual([30, again + 30]);
    await world.end();
  });

  test('does not happen while notifications come', async () => {
    const { world, registration } = await watch([], { reregister: true }, false);
    for (let count = 2; count < 12; count += 1) {
      await world.clock.advanceAsync(59_000);
      await notify(world, registration.token, count, 'x', { type: 'NON' });
      await world.hearNothing();
    }
    await world.end();
  });

  test('does not happen once the observation was cancelled', async () => {
    const { world, observation } = await watch([], { reregister: true }, false);
    const cancelled = observation.cancel();
    await world.piggyback(await world.hear(), { code: '2.05' });
    await cancelled;
    await world.clock.advanceAsync(200_000);
    await world.hearNothing();
    await world.end();
  });

  test('ends the observation when nobody answers', async () => {
    const { world, observation, seen } = await watch([maxAge(0)], { reregister: true });
    await world.clock.advanceAsync(15_000 + 93_000);
    expect(seen.ends).toMatchObject([{ reason: 'unanswered', error: { code: 'ERR_COAP_TIMEOUT' } }]);
    expect(observation.active).toBe(false);
    await world.end();
    expect(seen.ends).toHaveLength(1);
  });

  test('ends the observation when the peer has no such resource any more', async () => {
    const { world, seen } = await watch([maxAge(0)], { reregister: true });
    await world.piggyback(await hearWithin(world, 16), { code: '4.04' });
    expect(seen.ends).toMatchObject([{ reason: 'response' }]);
    await world.end();
  });

  test('waits for a refresh of the application, and tries again after one that failed', async () => {
    const { world, observation, seen } = await watch([maxAge(0)], { reregister: true });
    const refused = expect(observation.refresh({ timeoutMs: 20_000 })).rejects.toMatchObject({
      code: 'ERR_COAP_TIMEOUT',
    });
    await world.clock.advanceAsync(20_000);
    await refused;
    world.device.takeAll();
    await world.clock.advanceAsync(4999);
    await world.hearNothing();
    await hearWithin(world, 11);
    expect(seen.ends).toEqual([]);
    await world.end();
  });
});
