import { lossyRule, MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { CoapEndpoint, type CoapNotification, Code, type ObserveRelation } from '../../src/index.ts';
import { body, bytes } from './world.ts';

/** Two endpoints over a line that loses, duplicates and reorders. */
test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'large requests and responses, and notifications, over a bad line (seed %i)',
  async (seed) => {
    const clock = new VirtualClock();
    const random = seededRandom(seed);
    const rule = lossyRule(random, { loss: 0.2, duplication: 0.1, jitterMs: 300 });
    const network = new MemoryNetwork(clock, { latencyMs: 50, rule });
    const bodies: Uint8Array[] = [];
    const relations: ObserveRelation[] = [];
    const server = new CoapEndpoint({
      transport: network.transport({ host: '10.0.0.1', port: 5683 }),
      clock,
      random,
      preferredBlockSize: 128,
      onRequest: async (request) => {
        if (request.observe === 0) {
          relations.push(request.acceptObservation());
          return { code: Code.CONTENT, payload: bytes('0') };
        }
        bodies.push(request.payload);
        await new Promise<void>((resolve) => clock.schedule(seed * 400, resolve));
        return { code: Code.CHANGED, payload: request.payload.toReversed() };
      },
    });
    const client = new CoapEndpoint({
      transport: network.transport({ host: '10.0.0.2', port: 5683 }),
      clock,
      random,
      preferredBlockSize: 256,
      // MAX_RETRANSMIT 8: at this loss 4 would not always do.
      parameters: { maxRetransmit: 8 },
    });
    await server.open();
    await client.open();
    const peer = await client.connect('10.0.0.1', 5683);

    const sent = [body(1000, 1), body(40, 2), body(700, 3)];
    const responses = await clock.runUntil(
      Promise.all(sent.map((payload) => client.request(peer, { method: Code.POST, path: ['echo'], payload }))),
    );
    expect(responses.map(({ payload }) => payload)).toEqual(sent.map((payload) => payload.toReversed()));
    expect(bodies).toHaveLength(3); // each was handled once, whatever was duplicated

    const notifications: CoapNotification[] = [];
    const observation = await clock.runUntil(
      client.observe(
        peer,
        { method: Code.GET, path: ['value'] },
        {
          onNotification: async (notification) => {
            await new Promise<void>((resolve) => clock.schedule(100, resolve));
            notifications.push(notification);
          },
        },
      ),
    );
    expect(observation.active).toBe(true);
    const relation = relations.at(-1)!;
    const outcomes = await clock.runUntil(
      Promise.allSettled(
        [1, 2, 3, 4].map((value) => relation.notify({ code: Code.CONTENT, payload: bytes(`${value}`) })),
      ),
    );
    const acknowledged = outcomes.filter(({ status }) => status === 'fulfilled').length;
    // What is acknowledged has been delivered, once and in order.
    expect(notifications.map(({ payload }) => String.fromCharCode(payload[0]!)).slice(0, acknowledged)).toEqual(
      ['1', '2', '3', '4'].slice(0, acknowledged),
    );
    expect(notifications.length - acknowledged).toBeLessThanOrEqual(1);
    await client.close();
    await server.close();
    await clock.advanceAsync(1000);
    expect(clock.pendingTimers).toBe(0);
  },
);
