import { describe, expect, test } from 'vitest';
import { Code, type CoapMessage, decodeMessage, OptionNumber } from '../../src/index.ts';
import { establish, notify, observedRequest, observerOf, type Seen } from './observer.ts';
import { block, body, line, opt, optionValue, text, World } from './world.ts';

const { BLOCK1, BLOCK2, ECHO, OBSERVE } = OptionNumber;
const challenge = (value: string): { code: string; options: ReturnType<typeof opt.raw>[] } => ({
  code: '4.01',
  options: [opt.raw(ECHO, value)],
});
const echoOf = (message: CoapMessage): string | undefined => {
  const value = optionValue(message, ECHO);
  return value && text(value);
};

/** RFC 9175 §2.3. */
describe('4.01 with an Echo', () => {
  test('has the request repeated with it, as a new message', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.PUT, path: ['a'], payload: body(3) });
    const first = await world.hear();
    expect(echoOf(first)).toBeUndefined();
    await world.piggyback(first, challenge('now'));
    const second = await world.hear();
    expect(echoOf(second)).toBe('now');
    expect([line(second), second.payload]).toEqual([line(first), first.payload]);
    expect(second.options.filter(({ number }) => number !== ECHO)).toEqual(first.options);
    expect(second.messageId).not.toBe(first.messageId);
    expect(second.token).not.toEqual(first.token);
    await world.piggyback(second, { code: '2.04' });
    expect((await pending).code).toBe(Code.CHANGED);
    await world.end();
  });

  test('once: a second one is the answer', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    await world.piggyback(await world.hear(), challenge('one'));
    await world.piggyback(await world.hear(), challenge('two'));
    expect((await pending).code).toBe(Code.UNAUTHORIZED);
    await world.hearNothing();
    await world.end();
  });

  test.each([
    ['4.01 without one', { code: '4.01' }],
    ['one that is too long', challenge('x'.repeat(41))],
    ['one that is empty', challenge('')],
    ['another error with one', { ...challenge('now'), code: '4.03' }],
  ])('%s is an answer like any other', async (_name, answer) => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    await world.piggyback(await world.hear(), answer);
    expect(Math.floor((await pending).code / 32)).toBe(4);
    await world.hearNothing();
    await world.end();
  });

  test('takes the place of an Echo that the caller gave', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET, options: [opt.raw(ECHO, 'old')] });
    await world.piggyback(await world.hear(), challenge('new'));
    const second = await world.hear();
    expect(second.options.map(({ value }) => text(value))).toEqual(['new']);
    await world.piggyback(second, { code: '2.05' });
    await pending;
    await world.end();
  });

  test('to a block of an upload: that block again, and later ones have it from the start', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const payload = body(180);
    const pending = world.endpoint.request(world.peer, { method: Code.PUT, payload });
    const seen: string[] = [];
    const bodies: Uint8Array[] = [];
    let challenges = ['one', undefined, 'two'];
    for (let count = 0; count < 5; count += 1) {
      const request = await world.hear();
      const at = block(request, BLOCK1)!;
      seen.push(`${at} ${echoOf(request)}`);
      const value = challenges[0];
      challenges = challenges.slice(1);
      if (value !== undefined) {
        await world.piggyback(request, challenge(value));
        continue;
      }
      bodies.push(request.payload);
      const [num, more] = at.split('/').map(Number) as [number, number];
      await world.piggyback(request, { code: more === 1 ? '2.31' : '2.04', options: [opt.block1(num, more === 1, 2)] });
    }
    expect((await pending).code).toBe(Code.CHANGED);
    expect(seen).toEqual(['0/1/64 undefined', '0/1/64 one', '1/1/64 one', '1/1/64 two', '2/0/64 two']);
    expect(new Uint8Array(Buffer.concat(bodies))).toEqual(payload);
    await world.end();
  });

  test('to the fetching of a block', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    const payload = body(100);
    const first = { code: '2.05', options: [opt.block2(0, true, 2)], payload: payload.subarray(0, 64) };
    await world.piggyback(await world.hear(), first);
    await world.piggyback(await world.hear(), challenge('now'));
    const again = await world.hear();
    expect([block(again, BLOCK2), echoOf(again)]).toEqual(['1/0/64', 'now']);
    await world.piggyback(again, { code: '2.05', options: [opt.block2(1, false, 2)], payload: payload.subarray(64) });
    expect((await pending).payload).toEqual(payload);
    await world.end();
  });

  test.each(['ACK', 'CON'] as const)('to a registration, in a %s: with the token of the observation', async (type) => {
    const world = await World.open();
    const seen: Seen = { notifications: [], lines: [], ends: [], handle: () => undefined };
    const pending = world.endpoint.observe(world.peer, observedRequest, observerOf(seen));
    const first = await world.hear();
    if (type === 'ACK') await world.piggyback(first, challenge('now'));
    else {
      await world.say({ type: 'ACK', messageId: first.messageId });
      await world.say({ type, token: first.token, ...challenge('now') });
      const [ack, repeated] = world.device.takeAll();
      expect(ack?.[0]).toBe(0x60);
      world.device.received.push(repeated!);
    }
    const second = await world.hear();
    expect([echoOf(second), optionValue(second, OBSERVE)]).toEqual(['now', new Uint8Array(0)]);
    expect(second.token).toEqual(first.token);
    await world.piggyback(second, { code: '2.05', options: [opt.observe(1)], payload: 'first' });
    expect((await pending).active).toBe(true);
    await notify(world, second.token, 2, 'second');
    expect(seen.lines).toEqual(['second']);
    await world.end();
  });

  test('to a registration: its answer in an ACK that comes late is not that to the repetition', async () => {
    const world = await World.open();
    const pending = world.endpoint.observe(world.peer, observedRequest, { onNotification: () => undefined });
    const first = await world.hear();
    await world.say({ type: 'CON', token: first.token, ...challenge('now') });
    const [, second] = world.device.takeAll().map(decodeMessage);
    await world.piggyback(first, challenge('now'));
    expect(world.endpoint.statistics.unmatched).toBe(1);
    await world.piggyback(second!, { code: '2.05', options: [opt.observe(1)] });
    expect((await pending).active).toBe(true);
    await world.end();
  });

  test('to a refresh, separately', async () => {
    const world = await World.open();
    const { observation, registration } = await establish(world);
    const refreshed = observation.refresh();
    await world.say({ type: 'ACK', messageId: (await world.hear()).messageId });
    await world.say({ type: 'NON', token: registration.token, ...challenge('now') });
    const again = await world.hear();
    expect([echoOf(again), optionValue(again, OBSERVE)]).toEqual(['now', new Uint8Array(0)]);
    await world.piggyback(again, { code: '2.05', options: [opt.observe(9)] });
    expect((await refreshed).observe).toBe(9);
    expect(observation.active).toBe(true);
    await world.end();
  });

  test('to a cancellation', async () => {
    const world = await World.open();
    const pending = world.endpoint.observe(world.peer, observedRequest, { onNotification: () => undefined });
    await world.piggyback(await world.hear(), { code: '2.05', options: [opt.observe(1)] });
    const cancelled = (await pending).cancel();
    await world.piggyback(await world.hear(), challenge('now'));
    const again = await world.hear();
    expect(echoOf(again)).toBe('now');
    await world.piggyback(again, { code: '2.05' });
    expect((await cancelled).code).toBe(Code.CONTENT);
    await world.end();
  });

  test('is sent to nobody else', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET, path: ['a'] });
    await world.piggyback(await world.hear(), challenge('now'));
    const device = world.network.peer('10.0.0.3', 40_000);
    const other = await world.endpoint.connect('10.0.0.3', 40_000);
    const elsewhere = world.endpoint.request(other, { method: Code.GET, path: ['a'] });
    expect(echoOf(await world.hear())).toBe('now');
    const request = await world.hear(device);
    expect(echoOf(request)).toBeUndefined();
    await world.say({ type: 'ACK', code: '2.05', messageId: request.messageId, token: request.token }, device);
    expect((await elsewhere).code).toBe(Code.CONTENT);
    const { endpoint } = world;
    await endpoint.close();
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    await world.end();
  });
});
