import { describe, expect, test } from 'vitest';
import { Code, encodeMessage } from '../../src/index.ts';
import { line, World } from './world.ts';

/** RFC 7252 §4.3. */
describe('a ping', () => {
  test('is an Empty CON, and a Reset is its answer', async () => {
    const world = await World.open();
    const pending = world.endpoint.ping(world.peer);
    const ping = await world.hear();
    expect(line(ping)).toBe('CON 0.00');
    await world.say({ type: 'RST', messageId: ping.messageId });
    await expect(pending).resolves.toBeUndefined();
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    await world.end();
  });

  test('takes an ACK for a sign of life too', async () => {
    const world = await World.open();
    const pending = world.endpoint.ping(world.peer);
    await world.say({ type: 'ACK', messageId: (await world.hear()).messageId });
    await expect(pending).resolves.toBeUndefined();
    await world.end();
  });

  test('is answered by our own server role', async () => {
    const world = await World.open();
    await world.say({ type: 'CON', messageId: 77 });
    const answer = await world.hear();
    expect([line(answer), answer.messageId]).toEqual(['RST 0.00', 77]);
    await world.end();
  });

  test('is retransmitted, and times out', async () => {
    const world = await World.open();
    const parameters = { ackTimeoutMs: 1000, ackRandomFactor: 1, maxRetransmit: 2 };
    const pending = world.endpoint.ping(world.peer, { parameters });
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.timesToDevice()).toEqual([0, 1000, 3000]);
    await world.end();
  });

  test('waits for its turn, and lets the next one have its own', async () => {
    const world = await World.open();
    const request = world.endpoint.request(world.peer, { method: Code.GET });
    const ping = world.endpoint.ping(world.peer);
    const second = world.endpoint.ping(world.peer);
    await world.piggyback(await world.hear(), { code: '2.05' });
    await request;
    await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
    await ping;
    await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
    await second;
    await world.end();
  });

  test('ends by its signal and its time', async () => {
    const world = await World.open();
    const abort = new AbortController();
    const aborted = world.endpoint.ping(world.peer, { signal: abort.signal });
    await world.hear();
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    const late = world.endpoint.ping(world.peer, { timeoutMs: 100 });
    await expect(world.clock.runUntil(late)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    const sent = world.timesToDevice().length;
    await world.clock.advanceAsync(100_000);
    expect(world.timesToDevice()).toHaveLength(sent);
    await world.end();
  });

  test('fails when the endpoint closes, under way or waiting', async () => {
    const world = await World.open();
    const pings = Promise.allSettled([world.endpoint.ping(world.peer), world.endpoint.ping(world.peer)]);
    await world.hear();
    await world.end();
    expect((await pings).map((result) => result.status === 'rejected' && (result.reason as Error))).toMatchObject([
      { code: 'ERR_COAP_CLOSED' },
      { code: 'ERR_COAP_CLOSED' },
    ]);
  });

  test('waits for its turn while others want the place of the peer', async () => {
    const world = await World.open({ limits: { peers: 1 } });
    await world.endpoint.tell(world.peer, { method: Code.PUT, confirmable: false });
    const told = encodeMessage(await world.hear());
    const pong = world.endpoint.ping(world.peer);
    await world.say({ type: 'CON', code: '0.01' }, world.network.peer('10.0.0.9', 5000));
    await world.clock.advanceAsync(1000 * told.length); // PROBING_RATE
    await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
    await pong;
    await world.end();
  });
});
