import { describe, expect, test } from 'vitest';
import { Code, type CoapMessage, decodeMessage, OptionNumber } from '../../src/index.ts';
import { establish, observedRequest } from './observer.ts';
import { block, body, line, opt, World } from './world.ts';

const { BLOCK2, OBSERVE } = OptionNumber;

/** The first block of a notification. */
function notifyFirst(
  world: World,
  token: Uint8Array,
  observe: number,
  whole: Uint8Array,
  tag: string,
): Promise<CoapMessage> {
  const options = [opt.observe(observe), opt.block2(0, true, 2), opt.etag(tag)];
  return world.say({ type: 'CON', code: '2.05', token, options, payload: whole.subarray(0, 64) });
}

async function serve(world: World, request: CoapMessage, whole: Uint8Array, tag: string): Promise<void> {
  const num = Number(block(request, BLOCK2)?.split('/')[0] ?? 0);
  await world.piggyback(request, {
    code: '2.05',
    options: [opt.block2(num, (num + 1) * 64 < whole.length, 2), opt.etag(tag)],
    payload: whole.subarray(num * 64, (num + 1) * 64),
  });
}

/** RFC 7959 §3.4. */
describe('a notification in blocks', () => {
  test('is acknowledged at once, the rest is fetched without Observe and with other tokens', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    seen.handle = () => Promise.reject(new Error('too late to withhold the ACK'));
    const whole = body(150);
    const first = await notifyFirst(world, registration.token, 6, whole, 'v1');
    const [ack, ...requests] = world.device.takeAll();
    expect(Buffer.from(ack!).toString('hex')).toBe(`6000${first.messageId.toString(16)}`);
    expect(requests).toHaveLength(1);
    const second = decodeMessage(requests[0]!);
    expect(line(second)).toBe('CON 0.01');
    expect(second.token).not.toEqual(registration.token);
    expect(second.options.map(({ number }) => number)).toEqual([11, 11, 11, 17, 23]);
    expect(block(second, BLOCK2)).toBe('1/0/64');
    await serve(world, second, whole, 'v1');
    expect(seen.notifications).toEqual([]);
    await serve(world, await world.hear(), whole, 'v1');
    expect(seen.notifications).toHaveLength(1);
    expect(seen.notifications[0]).toMatchObject({ observe: 6, fresh: true, payload: whole });
    expect(world.endpoint.statistics.handlerErrors).toBe(1);
    await world.hearNothing();
    await world.end();
  });

  test('of a FETCH is fetched with its body', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world, { ...observedRequest, method: Code.FETCH, payload: body(5) });
    await notifyFirst(world, registration.token, 6, body(100), 'v1');
    world.device.received.shift();
    const second = await world.hear();
    expect([second.code, second.payload]).toEqual([Code.FETCH, body(5)]);
    await serve(world, second, body(100), 'v1');
    expect(seen.notifications[0]!.payload).toEqual(body(100));
    await world.end();
  });

  test('gives way to a newer one', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    await notifyFirst(world, registration.token, 6, body(100, 1), 'v1');
    world.device.received.shift();
    const stale = await world.hear();
    await notifyFirst(world, registration.token, 7, body(100, 2), 'v2');
    world.device.received.shift();
    const current = await world.hear();
    await serve(world, stale, body(100, 1), 'v1');
    await serve(world, current, body(100, 2), 'v2');
    expect(seen.notifications.map(({ observe, payload }) => [observe, payload])).toEqual([[7, body(100, 2)]]);
    expect(seen.abandoned).toEqual(['ERR_COAP_BLOCK: a newer notification came before the rest of this one']);
    expect(world.endpoint.statistics.abandonedNotifications).toBe(1);
    await world.end();
  });

  test('starts again when the resource changed under it', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    await notifyFirst(world, registration.token, 6, body(100, 1), 'v1');
    world.device.received.shift();
    await serve(world, await world.hear(), body(100, 2), 'v2');
    const again = await world.hear();
    expect([block(again, BLOCK2), again.options.some(({ number }) => number === OBSERVE)]).toEqual(['0/0/64', false]);
    await serve(world, again, body(100, 2), 'v2');
    await serve(world, await world.hear(), body(100, 2), 'v2');
    expect(seen.notifications).toHaveLength(1);
    expect(seen.notifications[0]).toMatchObject({ observe: 6, payload: body(100, 2) });
    await world.end();
  });

  test('that cannot be completed is counted, and the observation goes on', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    await notifyFirst(world, registration.token, 6, body(100), 'v1');
    world.device.received.shift();
    await world.piggyback(await world.hear(), { code: '4.04' });
    expect(seen.abandoned).toEqual([
      'ERR_COAP_BLOCK: the peer answered 4.04 when asked for the rest of a notification',
    ]);
    expect(world.endpoint.statistics.abandonedNotifications).toBe(1);
    expect(observation.active).toBe(true);
    await world.say({ type: 'NON', code: '2.05', token: registration.token, options: [opt.observe(7)] });
    expect(seen.notifications).toHaveLength(1);
    await world.end();
  });

  test('whose rest nobody answers for is lost, with the reason', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    await notifyFirst(world, registration.token, 6, body(100), 'v1');
    await world.clock.advanceAsync(100_000);
    expect(seen.abandoned).toEqual(['ERR_COAP_TIMEOUT: the peer did not acknowledge the request']);
    expect(observation.active).toBe(true);
    await world.end();
  });

  test('is lost when the observation ends meanwhile, which the observer hears first', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    await notifyFirst(world, registration.token, 6, body(100), 'v1');
    await world.say({ type: 'NON', code: '4.04', token: registration.token });
    expect(seen.abandoned).toEqual(['ERR_COAP_BLOCK: the observation ended before the rest of a notification came']);
    expect([seen.ends.length, world.endpoint.statistics.abandonedNotifications]).toEqual([1, 1]);
    await world.end();
  });

  test('is dropped without a word when the observer wants no more', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    await notifyFirst(world, registration.token, 6, body(100), 'v1');
    observation.forget();
    expect([seen.abandoned, seen.ends]).toEqual([[], [{ reason: 'cancelled' }]]);
    await world.end();
  });

  test('is lost when too many handlers run for the peer', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    seen.handle = () => new Promise(() => undefined);
    for (let count = 0; count < 32; count += 1) {
      await world.say({ type: 'NON', code: '2.05', token: registration.token, options: [opt.observe(6)] });
    }
    await notifyFirst(world, registration.token, 7, body(100), 'v1');
    world.device.received.shift();
    await serve(world, await world.hear(), body(100), 'v1');
    expect(seen.abandoned).toEqual(['ERR_COAP_LIMIT: too many handlers run for the peer']);
    await world.end();
  });
});

/** RFC 7641 §3.2. */
describe('a last notification, without Observe, in blocks', () => {
  const first = { type: 'CON', code: '2.05', payload: body(100).subarray(0, 64) } as const;
  const options = [opt.block2(0, true, 2), opt.etag('v1')];

  test('is delivered whole, and ends the observation then', async () => {
    const world = await World.open();
    const { observation, seen, registration } = await establish(world);
    await world.say({ ...first, token: registration.token, options });
    expect(world.device.take()[0]).toBe(0x60);
    expect(observation.active).toBe(true);
    await serve(world, await world.hear(), body(100), 'v1');
    expect(seen.notifications).toMatchObject([{ observe: undefined, payload: body(100) }]);
    expect(seen.ends).toMatchObject([{ reason: 'response', response: { payload: body(100) } }]);
    await world.end();
  });

  test('is not given up for one that it overtook', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    await world.say({ ...first, token: registration.token, options });
    world.device.received.shift();
    const rest = await world.hear();
    await notifyFirst(world, registration.token, 6, body(100, 1), 'v0');
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(seen.abandoned).toHaveLength(1);
    await serve(world, rest, body(100), 'v1');
    expect(seen.notifications.map(({ payload }) => payload)).toEqual([body(100)]);
    expect(seen.ends).toHaveLength(1);
    await world.end();
  });

  test('that cannot be completed is lost, and ends the observation all the same', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    await world.say({ ...first, token: registration.token, options });
    world.device.received.shift();
    await world.piggyback(await world.hear(), { code: '5.00' });
    expect([seen.abandoned?.length, seen.ends.length, seen.notifications.length]).toEqual([1, 1, 0]);
    await world.end();
  });
});

test('observe() rejects when an error ends the observation before its first response is whole', async () => {
  const world = await World.open();
  const pending = world.endpoint.observe(world.peer, observedRequest, { onNotification: () => undefined });
  pending.catch(() => undefined);
  const registration = await world.hear();
  await world.piggyback(registration, {
    code: '2.05',
    options: [opt.observe(5), opt.block2(0, true, 2)],
    payload: body(64),
  });
  await world.say({ type: 'NON', code: '4.04', token: registration.token });
  await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_BLOCK' });
  await world.end();
});

test('a first response in blocks is whole when the observation is there; notifications may come meanwhile', async () => {
  const world = await World.open();
  const lines: number[] = [];
  const pending = world.endpoint.observe(world.peer, observedRequest, {
    onNotification: ({ observe }) => {
      lines.push(observe ?? -1);
    },
  });
  const registration = await world.hear();
  await world.piggyback(registration, {
    code: '2.05',
    options: [opt.observe(5), opt.block2(0, true, 2), opt.etag('v1')],
    payload: body(100).subarray(0, 64),
  });
  const second = await world.hear();
  await world.say({ type: 'NON', code: '2.05', token: registration.token, options: [opt.observe(6)] });
  expect(lines).toEqual([6]);
  await serve(world, second, body(100), 'v1');
  const observation = await pending;
  expect(observation.active).toBe(true);
  expect(observation.response).toMatchObject({ observe: 5, payload: body(100) });
  await world.end();
});
