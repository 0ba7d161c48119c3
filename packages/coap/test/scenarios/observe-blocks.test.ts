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
    expect(world.endpoint.statistics.abandonedNotifications).toBe(1);
    expect(observation.active).toBe(true);
    await world.say({ type: 'NON', code: '2.05', token: registration.token, options: [opt.observe(7)] });
    expect(seen.notifications).toHaveLength(1);
    await world.end();
  });
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
