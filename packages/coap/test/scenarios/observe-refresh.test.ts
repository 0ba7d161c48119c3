import { describe, expect, test } from 'vitest';
import { Code, OptionNumber, type RequestOptions, uintOption } from '../../src/index.ts';
import { establish, notify, observedRequest, observerOf, type Seen } from './observer.ts';
import { body, line, opt, text, World } from './world.ts';

/** RFC 7641 §3.3.1. */
describe('refresh', () => {
  test('registers again with the same token and options, and the observation goes on', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    const refreshed = observation.refresh();
    expect(observation.refresh()).toBe(refreshed);
    const request = await world.hear();
    expect([request.token, request.options]).toEqual([registration.token, registration.options]);
    expect(request.messageId).not.toBe(registration.messageId);
    await world.piggyback(request, { code: '2.05', options: [opt.observe(6)], payload: 'again' });
    expect(text((await refreshed).payload)).toBe('again');
    expect(seen.lines).toEqual(['again']);
    await notify(world, registration.token, 7, 'next');
    await world.hear();
    expect([seen.lines, observation.active]).toEqual([['again', 'next'], true]);
    const second = observation.refresh();
    expect(second).not.toBe(refreshed);
    await world.piggyback(await world.hear(), { code: '2.05', options: [opt.observe(8)] });
    await second;
    await world.end();
  });

  test('ends the observation when the answer is an error', async () => {
    const world = await World.open();
    const { observation, seen } = await establish(world);
    const refreshed = observation.refresh();
    await world.piggyback(await world.hear(), { code: '4.04' });
    expect((await refreshed).code).toBe(Code.NOT_FOUND);
    expect([observation.active, seen.lines]).toEqual([false, []]);
    expect(seen.ends).toMatchObject([{ reason: 'response', response: { code: Code.NOT_FOUND } }]);
    await expect(observation.refresh()).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    await world.end();
  });

  test('ends the observation when the answer has no Observe: its value is the last', async () => {
    const world = await World.open();
    const { observation, seen } = await establish(world);
    const refreshed = observation.refresh();
    await world.piggyback(await world.hear(), { code: '2.05', payload: 'last' });
    expect(text((await refreshed).payload)).toBe('last');
    expect([observation.active, seen.lines, seen.ends.length]).toEqual([false, ['last'], 1]);
    await world.end();
  });

  test('may be answered separately, and that is acknowledged when it is stored', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    const stored = Promise.withResolvers<undefined>();
    seen.handle = () => stored.promise;
    const refreshed = observation.refresh();
    await world.say({ type: 'ACK', messageId: (await world.hear()).messageId });
    await notify(world, registration.token, 6, 'again');
    expect(text((await refreshed).payload)).toBe('again');
    await world.hearNothing();
    stored.resolve(undefined);
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.end();
  });

  test('is answered by a notification that crosses it; the answer in the ACK is history then', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    const refreshed = observation.refresh();
    const request = await world.hear();
    await notify(world, registration.token, 8, 'crossing');
    expect(text((await refreshed).payload)).toBe('crossing');
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.clock.advanceAsync(60_000);
    await world.hearNothing(); // it is not retransmitted
    await world.piggyback(request, { code: '2.05', options: [opt.observe(7)], payload: 'late' });
    expect(seen.lines).toEqual(['crossing', 'late stale']);
    await world.end();
  });

  test.each(['4.04', '5.00'])('%s that comes separately is its answer', async (code) => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    const refreshed = observation.refresh();
    await world.say({ type: 'ACK', messageId: (await world.hear()).messageId });
    await world.say({ type: 'CON', code, token: registration.token });
    expect(await world.hearLine()).toBe('ACK 0.00');
    await refreshed;
    expect(seen.ends).toHaveLength(1);
    await world.end();
  });

  test('has its response in blocks', async () => {
    const world = await World.open();
    const { observation, seen } = await establish(world);
    const refreshed = observation.refresh();
    const payload = body(100);
    const options = [opt.observe(6), opt.block2(0, true, 2)];
    await world.piggyback(await world.hear(), { code: '2.05', options, payload: payload.subarray(0, 64) });
    const fetch = await world.hear();
    expect(uintOption(fetch.options, OptionNumber.OBSERVE)).toBeUndefined();
    await world.piggyback(fetch, { code: '2.05', options: [opt.block2(1, false, 2)], payload: payload.subarray(64) });
    expect((await refreshed).payload).toEqual(payload);
    expect(seen.notifications[0]).toMatchObject({ payload, observe: 6, fresh: true });
    await world.end();
  });

  test('that nobody answers leaves the observation as it was', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    await expect(world.clock.runUntil(observation.refresh())).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    world.device.takeAll();
    const abort = new AbortController();
    const aborted = observation.refresh({ signal: abort.signal });
    await world.hear();
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    await expect(observation.refresh({ signal: abort.signal })).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    expect([observation.active, seen.ends]).toEqual([true, []]);
    await notify(world, registration.token, 6, 'still here');
    expect(seen.lines).toEqual(['still here']);
    await world.end();
  });

  test.each([
    ['forget()', 'ERR_COAP_CLOSED'],
    ['cancel()', 'ERR_COAP_CLOSED'],
    ['closing', 'ERR_COAP_CLOSED'],
  ])('fails on %s', async (how, code) => {
    const world = await World.open();
    const { observation } = await establish(world);
    const refused = expect(observation.refresh()).rejects.toMatchObject({ code });
    await world.hear();
    if (how === 'forget()') observation.forget();
    if (how === 'cancel()') {
      const cancelled = observation.cancel();
      await expect(observation.refresh()).rejects.toMatchObject({ code });
      const request = await world.hear();
      expect(uintOption(request.options, OptionNumber.OBSERVE)).toBe(1);
      await world.piggyback(request, { code: '2.05' });
      await cancelled;
    }
    if (how !== 'closing') await refused;
    await world.end();
    await refused;
  });

  test.each<readonly [string, RequestOptions]>([
    ['aborted before', { signal: AbortSignal.abort() }],
    ['with a time-out that is none', { timeoutMs: NaN }],
  ])('goes on when a cancellation does not begin: %s', async (_how, options) => {
    const world = await World.open();
    const { observation } = await establish(world);
    const refreshed = observation.refresh();
    await expect(observation.cancel(options)).rejects.toThrow();
    expect(observation.active).toBe(true);
    await world.piggyback(await world.hear(), { code: '2.05', options: [opt.observe(6)], payload: 'again' });
    expect(text((await refreshed).payload)).toBe('again');
    await world.end();
  });

  test('of a FETCH repeats its body in blocks', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const pending = world.endpoint.observe(
      world.peer,
      { method: Code.FETCH, payload: body(100) },
      { onNotification: () => undefined },
    );
    const answerBoth = async (observe: number): Promise<void> => {
      const first = await world.hear();
      expect(line(first)).toMatch(/^CON 0.05/);
      await world.say({ type: 'ACK', messageId: first.messageId });
      await world.say({ type: 'CON', code: '2.31', token: first.token, options: [opt.block1(0, true, 2)] });
      const [ack, second] = world.device.takeAll();
      expect(ack?.[0]).toBe(0x60);
      world.device.received.push(second!);
      const last = await world.hear();
      expect(last.payload).toEqual(body(100).subarray(64));
      await world.piggyback(last, { code: '2.05', options: [opt.block1(1, false, 2), opt.observe(observe)] });
    };
    await answerBoth(1);
    const observation = await pending;
    const refreshed = observation.refresh();
    await answerBoth(2);
    expect((await refreshed).observe).toBe(2);
    expect(observation.active).toBe(true);
    await world.end();
  });
});

// RFC 7641 §4.3.2.
test('a notification 2.03 says which of our representations is valid', async () => {
  const world = await World.open();
  const seen: Seen = { notifications: [], lines: [], ends: [], handle: () => undefined };
  const request = { ...observedRequest, etags: [Uint8Array.of(1), Uint8Array.of(2)] };
  const pending = world.endpoint.observe(world.peer, request, observerOf(seen));
  const registration = await world.hear();
  await world.piggyback(registration, { code: '2.05', options: [opt.observe(1), opt.etag('\u0003')] });
  const observation = await pending;
  await world.say({
    type: 'CON',
    code: '2.03',
    token: registration.token,
    options: [opt.observe(2), opt.etag('\u0002')],
  });
  expect(await world.hearLine()).toBe('ACK 0.00');
  expect(seen.notifications).toMatchObject([{ code: Code.VALID, etag: Uint8Array.of(2), fresh: true }]);
  expect(observation.active).toBe(true);
  await world.end();
});

describe('an observation that ends while it is cancelled', () => {
  test('by an error notification: that is the answer', async () => {
    const world = await World.open();
    const { observation, registration } = await establish(world);
    const cancelled = observation.cancel();
    await world.hear();
    const options = [opt.observe(6)];
    await world.say({ type: 'CON', code: '4.04', token: registration.token, options });
    expect((await cancelled).code).toBe(Code.NOT_FOUND);
    await world.end();
  });

  test('by forget(): nobody waits for the answer', async () => {
    const world = await World.open();
    const { observation } = await establish(world);
    const refused = expect(observation.cancel()).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    observation.forget();
    await refused;
    await world.end();
  });
});
