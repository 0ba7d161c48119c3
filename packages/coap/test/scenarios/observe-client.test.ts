import { describe, expect, test } from 'vitest';
import { Code, uintOption } from '../../src/index.ts';
import { establish, notify, observedRequest, observerOf, type Seen } from './observer.ts';
import { line, opt, text, World } from './world.ts';

const emptySeen = (): Seen => ({ notifications: [], lines: [], ends: [], handle: () => undefined });

/** RFC 7641 §3. */
describe('an observation', () => {
  test('is registered by Observe 0, and its notifications arrive and are acknowledged', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    expect(uintOption(registration.options, 6)).toBe(0);
    expect(observation.active).toBe(true);
    expect(observation.response).toMatchObject({ code: Code.CONTENT, observe: 5 });
    expect(text(observation.response.payload)).toBe('first');
    expect(observation.token).toEqual(registration.token);
    const notification = await notify(world, registration.token, 6, 'second');
    const ack = await world.hear();
    expect([line(ack), ack.messageId]).toEqual(['ACK 0.00', notification.messageId]);
    await notify(world, registration.token, 7, 'third', { type: 'NON' });
    await world.hearNothing();
    expect(seen.lines).toEqual(['second', 'third']);
    expect(seen.notifications[0]).toMatchObject({ observe: 6, fresh: true, peer: world.peer });
    await world.end();
    expect(seen.ends).toEqual([{ reason: 'endpoint-closed' }]);
  });

  test('is not established by a response without Observe', async () => {
    const world = await World.open();
    const seen = emptySeen();
    const pending = world.endpoint.observe(world.peer, observedRequest, observerOf(seen));
    const registration = await world.hear();
    await world.piggyback(registration, { code: '2.05', payload: 'only' });
    const observation = await pending;
    expect(observation.active).toBe(false);
    expect(text(observation.response.payload)).toBe('only');
    await notify(world, registration.token, 6, 'nobody waits');
    expect(await world.hearLine()).toBe('RST 0.00');
    expect(seen.lines).toEqual([]);
    await world.end();
    expect(seen.ends).toEqual([]);
  });

  test('is not established by an error', async () => {
    const world = await World.open();
    const pending = world.endpoint.observe(world.peer, observedRequest, observerOf(emptySeen()));
    await world.piggyback(await world.hear(), { code: '4.05', options: [opt.observe(1)] });
    const observation = await pending;
    expect([observation.active, observation.response.code]).toEqual([false, Code.METHOD_NOT_ALLOWED]);
    await expect(observation.cancel()).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    await world.end();
  });

  test('fails when nobody answers', async () => {
    const world = await World.open();
    const pending = world.endpoint.observe(world.peer, observedRequest, observerOf(emptySeen()));
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    await world.end();
  });

  test('is established by a notification that overtakes the response, which is history then', async () => {
    const world = await World.open();
    const seen = emptySeen();
    const stored = Promise.withResolvers<undefined>();
    const pending = world.endpoint.observe(world.peer, observedRequest, {
      ...observerOf(seen),
      onEstablished: () => stored.promise,
    });
    const registration = await world.hear();
    const early = await notify(world, registration.token, 6, 'early');
    const observation = await pending;
    expect(text(observation.response.payload)).toBe('early');
    await world.hearNothing(); // it is not stored yet
    stored.resolve(undefined);
    const ack = await world.hear();
    expect([line(ack), ack.messageId]).toEqual(['ACK 0.00', early.messageId]);
    const late = { code: '2.05', options: [opt.observe(5)], payload: 'late' };
    await world.piggyback(registration, late);
    await world.piggyback(registration, late);
    expect(seen.lines).toEqual(['late stale']);
    await world.clock.advanceAsync(100_000);
    await world.hearNothing(); // the registration is not retransmitted
    await world.end();
  });

  test('hears a duplicated response once', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    await world.piggyback(registration, { code: '2.05', options: [opt.observe(5)], payload: 'first' });
    expect(seen.lines).toEqual([]);
    await world.end();
  });

  test('may be answered separately', async () => {
    const world = await World.open();
    const seen = emptySeen();
    const pending = world.endpoint.observe(world.peer, observedRequest, observerOf(seen));
    const registration = await world.hear();
    await world.say({ type: 'ACK', messageId: registration.messageId });
    await notify(world, registration.token, 1, 'first');
    expect((await pending).active).toBe(true);
    expect(await world.hearLine()).toBe('ACK 0.00');
    await notify(world, registration.token, 2, 'second');
    expect(seen.lines).toEqual(['second']);
    await world.end();
  });
});

/** RFC 7641 §3.4. */
describe('the order of notifications', () => {
  test('an older number is delivered as history', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    for (const number of [8, 7, 9, 4]) await notify(world, registration.token, number, String(number));
    expect(seen.lines).toEqual(['8', '7 stale', '9', '4 stale']);
    expect(world.device.takeAll()).toHaveLength(4); // all are acknowledged
    await world.end();
  });

  test('an equal number is not older: Leshan repeats them', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    for (const number of [5, 6, 6, 6]) await notify(world, registration.token, number, String(number));
    expect(seen.lines).toEqual(['5', '6', '6', '6']);
    await world.end();
  });

  test('after 128 s any number is new', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    await notify(world, registration.token, 100, 'a');
    await world.clock.advanceAsync(128_000);
    await notify(world, registration.token, 50, 'b');
    await world.clock.advanceAsync(1);
    await notify(world, registration.token, 40, 'c');
    expect(seen.lines).toEqual(['a', 'b stale', 'c']);
    await world.end();
  });
});

describe('the end of an observation', () => {
  test.each([
    ['without Observe', []],
    ['with Observe', [opt.observe(6)]],
  ])('by an error notification %s, which is acknowledged', async (_name, options) => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    await world.say({ type: 'CON', code: '4.04', token: registration.token, options });
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(observation.active).toBe(false);
    expect(seen.ends).toMatchObject([{ reason: 'response', response: { code: Code.NOT_FOUND } }]);
    await notify(world, registration.token, 7, 'too late');
    expect(await world.hearLine()).toBe('RST 0.00');
    await world.end();
    expect(seen.ends).toHaveLength(1);
  });

  test('by a notification without Observe', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    await world.say({ type: 'CON', code: '2.05', token: registration.token, payload: 'last' });
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(seen.ends).toMatchObject([{ reason: 'response', response: { code: Code.CONTENT } }]);
    expect(seen.lines).toEqual(['last']);
    expect(seen.notifications[0]).toMatchObject({ observe: undefined, fresh: true });
    await world.end();
  });

  test('by a Non-confirmable notification without Observe, at once', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    seen.handle = () => new Promise(() => undefined);
    await world.say({ type: 'NON', code: '2.05', token: registration.token, payload: 'last' });
    expect([seen.lines, seen.ends.length]).toEqual([['last'], 1]);
    await world.hearNothing();
    await world.end();
  });

  test('by a Confirmable notification without Observe only when it is stored', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    const last = { type: 'CON', code: '2.05', token: registration.token, payload: 'last', messageId: 9 } as const;
    seen.handle = () => Promise.reject(new Error('the database is full'));
    await world.say(last);
    await world.hearNothing();
    expect([observation.active, seen.ends]).toEqual([true, []]);
    const stored = Promise.withResolvers<undefined>();
    seen.handle = () => stored.promise;
    await world.say(last);
    await world.say(last); // absorbed
    await world.hearNothing();
    expect([observation.active, seen.ends]).toEqual([true, []]);
    stored.resolve(undefined);
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(seen.lines).toEqual(['last', 'last']);
    expect(seen.ends).toMatchObject([{ reason: 'response', response: { code: Code.CONTENT } }]);
    await world.say(last);
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.end();
    expect(seen.ends).toHaveLength(1);
  });

  test('by an error at once, acknowledged, and no value', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    seen.handle = () => new Promise(() => undefined);
    await world.say({ type: 'CON', code: '4.04', token: registration.token });
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect([seen.lines, seen.ends.length]).toEqual([[], 1]);
    await world.end();
  });

  test('by a notification with an unknown critical option, which is rejected', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    const options = [opt.observe(6), opt.raw(9)];
    await world.say({ type: 'CON', code: '2.05', token: registration.token, options });
    expect(await world.hearLine()).toBe('RST 0.00');
    expect(seen.ends).toHaveLength(1);
    await world.end();
  });

  test('by cancel(): Observe 1 with the same token and options', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    const cancelled = observation.cancel();
    const request = await world.hear();
    expect(request.token).toEqual(registration.token);
    expect(uintOption(request.options, 6)).toBe(1);
    const others = (message: typeof request): unknown => message.options.filter(({ number }) => number !== 6);
    expect(others(request)).toEqual(others(registration));
    // One that was on its way still counts.
    await notify(world, registration.token, 6, 'crossing');
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.piggyback(request, { code: '2.05', payload: 'bye' });
    expect(text((await cancelled).payload)).toBe('bye');
    expect(seen.lines).toEqual(['crossing']);
    expect(seen.ends).toEqual([{ reason: 'cancelled' }]);
    expect(observation.active).toBe(false);
    await world.end();
  });

  test('by cancel(), answered separately', async () => {
    const world = await World.open();
    const { observation, registration } = await establish(world);
    const cancelled = observation.cancel();
    expect(observation.cancel()).toBe(cancelled);
    const request = await world.hear();
    await world.say({ type: 'ACK', messageId: request.messageId });
    await world.say({ type: 'CON', code: '2.05', token: registration.token, payload: 'bye' });
    expect((await cancelled).code).toBe(Code.CONTENT);
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.end();
  });

  test('by a cancel() that nobody answers', async () => {
    const world = await World.open();
    const { observation, seen } = await establish(world);
    await expect(world.clock.runUntil(observation.cancel())).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(seen.ends).toEqual([{ reason: 'cancelled' }]);
    await world.end();
  });

  test('by forget(): the next notification gets a Reset, Confirmable or not', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    observation.forget();
    observation.forget();
    expect(seen.ends).toEqual([{ reason: 'cancelled' }]);
    await notify(world, registration.token, 6, 'x');
    expect(await world.hearLine()).toBe('RST 0.00');
    await notify(world, registration.token, 7, 'x', { type: 'NON' });
    expect(await world.hearLine()).toBe('RST 0.00');
    await world.end();
  });

  test('an onEnd that throws hurts nobody', async () => {
    const world = await World.open();
    const pending = world.endpoint.observe(world.peer, observedRequest, {
      onNotification: () => undefined,
      onEnd: () => {
        throw new Error('listener');
      },
    });
    await world.piggyback(await world.hear(), { code: '2.05', options: [opt.observe(1)] });
    (await pending).forget();
    expect(world.endpoint.statistics.handlerErrors).toBe(1);
    await world.end();
  });
});
