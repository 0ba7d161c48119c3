import { describe, expect, test } from 'vitest';
import { Code, type CoapObservation, type CoapRequest, OptionNumber, uintOption } from '../../src/index.ts';
import { establish, notify, observedRequest, observerOf, type Seen } from './observer.ts';
import { block, body, bytes, line, opt, text, World } from './world.ts';

const token = bytes('earlier!');

const emptySeen = (): Seen => ({ notifications: [], lines: [], ends: [], abandoned: [], handle: () => undefined });

/** A world whose device notifies with a token that an earlier process chose. */
async function adopted(
  request: CoapRequest = observedRequest,
  options: Parameters<typeof World.open>[0] = {},
): Promise<{ world: World; seen: Seen; observation: CoapObservation }> {
  const world = await World.open(options);
  const seen = emptySeen();
  const observation = world.endpoint.adopt(world.peer, request, token, observerOf(seen));
  return { world, seen, observation };
}

/** RFC 7641: the observation belongs to the two endpoints and a token, not to a process. */
describe('an observation that is taken up', () => {
  test('is active without a message', async () => {
    const { world, observation } = await adopted();
    await world.hearNothing();
    expect(observation.active).toBe(true);
    expect(observation.token).toEqual(token);
    expect(observation.peer).toBe(world.peer);
    expect(() => observation.response).toThrow(TypeError);
    await world.end();
  });

  test('hears its notifications, the first whatever its number, and they are acknowledged', async () => {
    const { world, seen } = await adopted();
    const first = await notify(world, token, 0xff_fff0, 'first');
    const ack = await world.hear();
    expect([line(ack), ack.messageId]).toEqual(['ACK 0.00', first.messageId]);
    await notify(world, token, 0xff_ffef, 'older');
    expect(await world.hearLine()).toBe('ACK 0.00');
    await notify(world, token, 3, 'second', { type: 'NON' });
    await world.hearNothing();
    expect(seen.lines).toEqual(['first', 'older stale', 'second']);
    expect(world.endpoint.statistics.notifications).toBe(3);
    await world.end();
    expect(seen.ends).toEqual([{ reason: 'endpoint-closed' }]);
  });

  test('acknowledges only what was stored', async () => {
    const { world, seen } = await adopted();
    seen.handle = () => Promise.reject(new Error('the database is full'));
    await notify(world, token, 1, 'value', { messageId: 7 });
    await world.hearNothing();
    seen.handle = () => undefined;
    await notify(world, token, 1, 'value', { messageId: 7 });
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(seen.lines).toEqual(['value', 'value']);
    await world.end();
  });

  test('fetches the rest of notifications in blocks with its request', async () => {
    const { world, seen } = await adopted({ ...observedRequest, method: Code.FETCH, payload: body(5) });
    const whole = body(100);
    const options = [opt.observe(6), opt.block2(0, true, 2)];
    await world.say({ type: 'CON', code: '2.05', token, options, payload: whole.subarray(0, 64) });
    world.device.received.shift(); // the ACK
    const fetch = await world.hear();
    expect([fetch.code, fetch.payload, block(fetch, OptionNumber.BLOCK2)]).toEqual([Code.FETCH, body(5), '1/0/64']);
    expect(fetch.token).not.toEqual(token);
    await world.piggyback(fetch, { code: '2.05', options: [opt.block2(1, false, 2)], payload: whole.subarray(64) });
    expect(seen.notifications).toMatchObject([{ observe: 6, payload: whole, fresh: true }]);
    await world.end();
  });

  test('is refreshed and cancelled with its own token and request (RFC 7641 §3.3.1, §3.6)', async () => {
    const { world, seen, observation } = await adopted();
    const refreshed = observation.refresh();
    const refresh = await world.hear();
    expect([refresh.token, uintOption(refresh.options, OptionNumber.OBSERVE)]).toEqual([token, 0]);
    await world.piggyback(refresh, { code: '2.05', options: [opt.observe(9)], payload: 'again' });
    expect(text((await refreshed).payload)).toBe('again');
    expect(() => observation.response).toThrow(TypeError);
    const cancelled = observation.cancel();
    const cancellation = await world.hear();
    expect([cancellation.token, uintOption(cancellation.options, OptionNumber.OBSERVE)]).toEqual([token, 1]);
    const others = (message: typeof refresh): unknown => message.options.filter(({ number }) => number !== 6);
    expect(others(cancellation)).toEqual(others(refresh));
    await world.piggyback(cancellation, { code: '2.05' });
    await cancelled;
    expect([seen.lines, seen.ends]).toEqual([['again'], [{ reason: 'cancelled' }]]);
    await world.end();
  });

  test('sends the same request as the one that registered it', async () => {
    const world = await World.open();
    const { registration } = await establish(world);
    const observation = world.endpoint.adopt(world.peer, observedRequest, token, observerOf(emptySeen()));
    const refreshed = observation.refresh();
    const refresh = await world.hear();
    expect([refresh.code, refresh.options]).toEqual([registration.code, registration.options]);
    await world.piggyback(refresh, { code: '2.05', options: [opt.observe(9)] });
    await refreshed;
    await world.end();
  });

  test('is forgotten: the next notification gets a Reset', async () => {
    const { world, seen, observation } = await adopted();
    observation.forget();
    expect([observation.active, seen.ends]).toEqual([false, [{ reason: 'cancelled' }]]);
    await notify(world, token, 6, 'x');
    expect(await world.hearLine()).toBe('RST 0.00');
    await world.end();
  });

  test('ends with an error of the device, before anything else came', async () => {
    const { world, seen, observation } = await adopted();
    await world.say({ type: 'CON', code: '4.04', token });
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(observation.active).toBe(false);
    expect(seen.ends).toMatchObject([{ reason: 'response', response: { code: Code.NOT_FOUND } }]);
    await world.end();
  });

  test('rejects a notification with an unknown critical option, and ends', async () => {
    const { world, seen } = await adopted();
    await world.say({ type: 'CON', code: '2.05', token, options: [opt.observe(6), opt.raw(9)] });
    expect(await world.hearLine()).toBe('RST 0.00');
    expect(seen.ends).toHaveLength(1);
    await world.end();
  });

  test('is not answered by a response in an ACK that nobody asked for', async () => {
    const { world, seen } = await adopted();
    await world.say({ type: 'ACK', code: '2.05', token, messageId: 1, options: [opt.observe(1)], payload: 'forged' });
    expect(seen.lines).toEqual([]);
    expect(world.endpoint.statistics.unmatched).toBe(1);
    await world.end();
  });

  test('keeps its peer, however long that is silent', async () => {
    const { world, seen } = await adopted();
    await world.clock.advanceAsync(24 * 3600 * 1000);
    await notify(world, token, 1, 'still here');
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(seen.lines).toEqual(['still here']);
    await world.end();
  });

  test('is stale when the first notification has aged', async () => {
    const world = await World.open();
    let stale = 0;
    world.endpoint.adopt(world.peer, observedRequest, token, {
      onNotification: () => undefined,
      onStale: () => {
        stale += 1;
      },
    });
    await world.clock.advanceAsync(100_000);
    expect(stale).toBe(0); // nobody knows how old what came before is
    await notify(world, token, 1, 'value');
    await world.clock.advanceAsync(60_000);
    expect(stale).toBe(1);
    world.device.takeAll();
    await world.end();
  });
});

describe('taking up an observation is refused', () => {
  const refuse = (world: World, request: CoapRequest, with_: Uint8Array): (() => void) => {
    return () => void world.endpoint.adopt(world.peer, request, with_, observerOf(emptySeen()));
  };

  test('for a token that is in use, or longer than 8 bytes', async () => {
    const { world } = await adopted();
    expect(refuse(world, observedRequest, token)).toThrow(RangeError);
    expect(refuse(world, observedRequest, new Uint8Array(9))).toThrow(RangeError);
    expect(refuse(world, observedRequest, 'earlier!' as never)).toThrow(TypeError);
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    const request = await world.hear();
    expect(refuse(world, observedRequest, request.token)).toThrow(RangeError);
    await world.piggyback(request, { code: '2.05' });
    await pending;
    await world.end();
  });

  test('for a request that can not observe, or not be', async () => {
    const world = await World.open();
    expect(refuse(world, { method: Code.POST }, token)).toThrow(TypeError);
    expect(refuse(world, { method: Code.GET, path: ['x'.repeat(256)] }, token)).toThrow(RangeError);
    await world.end();
  });

  test('at a bound, which is counted', async () => {
    const { world } = await adopted(observedRequest, { limits: { tokensPerPeer: 1 } });
    const refused = refuse(world, observedRequest, bytes('another'));
    expect(refused).toThrow(expect.objectContaining({ code: 'ERR_COAP_LIMIT' }) as Error);
    expect(world.endpoint.statistics.limits).toBe(1);
    await world.end();
  });

  test('by an endpoint that is closed', async () => {
    const world = await World.open();
    await world.end();
    const refused = refuse(world, observedRequest, token);
    expect(refused).toThrow(expect.objectContaining({ code: 'ERR_COAP_CLOSED' }) as Error);
  });
});

/** RFC 7252 §5.3.1. */
test('a fresh token is none that was taken up', async () => {
  let drawn = 0;
  const random = { bytes: (length: number) => new Uint8Array(length).fill(drawn++), unit: () => 0 };
  const world = await World.open({ random });
  const taken = new Uint8Array(8).fill(drawn);
  world.endpoint.adopt(world.peer, observedRequest, taken, observerOf(emptySeen()));
  const pending = world.endpoint.request(world.peer, { method: Code.GET });
  const request = await world.hear();
  expect(request.token).toEqual(new Uint8Array(8).fill(taken[0]! + 1));
  await world.piggyback(request, { code: '2.05' });
  await pending;
  await world.end();
});

test('a peer is recalled by what was kept of it', async () => {
  const world = await World.open();
  const { key, host, port } = world.peer;
  const peer = world.endpoint.recall(key, host, port);
  expect(peer).toBe(world.peer);
  expect(world.endpoint.recall(key, host, port + 1)).toBeUndefined();
  await world.end();
  expect(world.endpoint.recall(key, host, port)).toBeUndefined();
});
