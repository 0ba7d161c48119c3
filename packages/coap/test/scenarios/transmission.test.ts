import { describe, expect, test } from 'vitest';
import { Code } from '../../src/index.ts';
import { World } from './world.ts';

/** RFC 7252 §4.2. */
describe('a Confirmable request', () => {
  const steady = { bytes: (length: number) => new Uint8Array(length).fill(7), unit: () => 0 };

  test('without an answer is sent five times with doubling pauses, and given up on', async () => {
    const world = await World.open({ random: steady });
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.timesToDevice()).toEqual([0, 2000, 6000, 14_000, 30_000]);
    expect(world.clock.now()).toBe(62_000);
    expect(new Set(world.network.log.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(1);
    expect(world.endpoint.statistics).toMatchObject({ sent: 5, retransmissions: 4, timeouts: 1 });
    await world.end();
  });

  test('waits up to ACK_RANDOM_FACTOR times longer', async () => {
    const world = await World.open({ random: { ...steady, unit: () => 0.5 } });
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.timesToDevice()).toEqual([0, 2500, 7500, 17_500, 37_500]);
    expect(world.clock.now()).toBe(77_500);
    await world.end();
  });

  test('follows the parameters of its endpoint', async () => {
    const parameters = { ackTimeoutMs: 15_000, maxRetransmit: 1, ackRandomFactor: 1 };
    const world = await World.open({ random: steady, parameters });
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.timesToDevice()).toEqual([0, 15_000]);
    expect(world.clock.now()).toBe(45_000);
    await world.end();
  });

  test('that got lost is answered after its retransmission', async () => {
    const world = await World.open();
    world.network.rule = ({ index }) => (index === 0 ? 'drop' : 'deliver');
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    await world.hearNothing();
    await world.clock.advanceAsync(3000);
    await world.piggyback(await world.hear(), { code: '2.05', payload: 'late' });
    expect((await pending).code).toBe(Code.CONTENT);
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    await world.end();
  });

  test('is rejected by a Reset', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    pending.catch(() => undefined);
    await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_RESET' });
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    expect(world.endpoint.statistics.resetsReceived).toBe(1);
    await world.end();
  });

  test('has Message IDs that go up, and tokens of 8 random bytes', async () => {
    const world = await World.open();
    const seen = [];
    for (let count = 0; count < 3; count += 1) {
      const pending = world.endpoint.request(world.peer, { method: Code.GET });
      const request = await world.hear();
      seen.push(request);
      await world.piggyback(request, { code: '2.05' });
      await pending;
    }
    const first = seen[0]!.messageId;
    expect(seen.map(({ messageId }) => messageId)).toEqual([first, (first + 1) & 0xffff, (first + 2) & 0xffff]);
    expect(new Set(seen.map(({ token }) => Buffer.from(token).toString('hex'))).size).toBe(3);
    await world.end();
  });
});
