import { describe, expect, test } from 'vitest';
import {
  Code,
  decodeMessage,
  type CoapEndpointOptions,
  type CoapReply,
  type ObserveRelation,
} from '../../src/index.ts';
import { line, opt, text, World } from './world.ts';

/** RFC 7252 §5.2.2, client role. */
describe('a separate response to us', () => {
  test('comes after an Empty ACK, which stops the retransmission, and is acknowledged', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    const request = await world.hear();
    await world.say({ type: 'ACK', messageId: request.messageId });
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    const response = await world.say({ type: 'CON', code: '2.05', token: request.token, payload: 'slow' });
    expect(text((await pending).payload)).toBe('slow');
    const ack = await world.hear();
    expect(line(ack)).toBe('ACK 0.00');
    expect(ack.messageId).toBe(response.messageId);
    await world.end();
  });

  test('is acknowledged again when our ACK got lost', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    const request = await world.hear();
    await world.say({ type: 'ACK', messageId: request.messageId });
    const script = { type: 'CON', code: '2.05', token: request.token, messageId: 9 } as const;
    await world.say(script);
    await pending;
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.say(script);
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(world.endpoint.statistics).toMatchObject({ duplicates: 1, resetsSent: 0 });
    await world.end();
  });

  test('that overtakes the ACK counts as the ACK', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    const request = await world.hear();
    await world.say({ type: 'CON', code: '2.05', token: request.token });
    expect((await pending).code).toBe(Code.CONTENT);
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.say({ type: 'ACK', messageId: request.messageId });
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    await world.end();
  });

  test('may be Non-confirmable', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    const request = await world.hear();
    await world.say({ type: 'ACK', messageId: request.messageId });
    await world.say({ type: 'NON', code: '2.05', token: request.token });
    expect((await pending).code).toBe(Code.CONTENT);
    await world.hearNothing();
    await world.end();
  });

  test('is waited for during EXCHANGE_LIFETIME', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET });
    const request = await world.hear();
    await world.say({ type: 'ACK', messageId: request.messageId });
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.clock.now()).toBe(247_000);
    await world.say({ type: 'CON', code: '2.05', token: request.token });
    expect(await world.hearLine()).toBe('RST 0.00');
    await world.end();
  });
});

/** RFC 7252 §5.2.2, server role. */
describe('a separate response of ours', () => {
  async function slowWorld(
    options: Partial<CoapEndpointOptions> = {},
  ): Promise<{ world: World; answer: (reply: CoapReply) => void; calls: () => number }> {
    let answer: (reply: CoapReply) => void = () => undefined;
    let calls = 0;
    const world = await World.open({
      separateResponseAfterMs: 500,
      ...options,
      onRequest: () => {
        calls += 1;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    return { world, answer: (reply) => answer(reply), calls: () => calls };
  }

  test('follows an Empty ACK when the handler is slow, and is retransmitted until it is acknowledged', async () => {
    const { world, answer, calls } = await slowWorld();
    const request = await world.say({ type: 'CON', code: '0.02', token: 'slow' });
    await world.clock.advanceAsync(499);
    await world.say({ type: 'CON', code: '0.02', token: 'slow', messageId: request.messageId });
    await world.hearNothing(); // absorbed: there is no answer yet
    await world.clock.advanceAsync(1);
    const ack = await world.hear();
    expect(line(ack)).toBe('ACK 0.00');
    expect(ack.messageId).toBe(request.messageId);
    await world.say({ type: 'CON', code: '0.02', token: 'slow', messageId: request.messageId });
    expect(await world.hearLine()).toBe('ACK 0.00');

    answer({ code: Code.CHANGED, payload: new Uint8Array([65]) });
    const response = await world.hear();
    expect(line(response)).toBe('CON 2.04 "A"');
    expect(text(response.token)).toBe('slow');
    await world.clock.advanceAsync(3000);
    expect((await world.hear()).messageId).toBe(response.messageId);
    await world.say({ type: 'ACK', messageId: response.messageId });
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    expect(calls()).toBe(1);
    await world.end();
  });

  test('is owed an Empty ACK: one that carries something stops the retransmission as well', async () => {
    const { world, answer } = await slowWorld();
    await world.say({ type: 'CON', code: '0.02', token: 'slow' });
    await world.clock.advanceAsync(500);
    world.device.takeAll();
    answer({ code: Code.CHANGED });
    const { messageId } = await world.hear();
    await world.say({ type: 'ACK', code: '2.05', token: 'what', messageId, payload: 'ever' });
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    expect(world.endpoint.statistics.timeouts).toBe(0);
    await world.end();
  });

  test('that is acknowledged leaves the Empty ACK to a duplicate of the request, which came late', async () => {
    const { world, answer, calls } = await slowWorld();
    const request = await world.say({ type: 'CON', code: '0.02', token: 'slow' });
    await world.clock.advanceAsync(500);
    world.device.takeAll();
    answer({ code: Code.CHANGED });
    const response = await world.hear();
    await world.say({ type: 'ACK', messageId: response.messageId });
    await world.say({ type: 'CON', code: '0.02', token: 'slow', messageId: request.messageId });
    const again = await world.hear();
    expect([line(again), again.messageId, calls()]).toEqual(['ACK 0.00', request.messageId, 1]);
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    await world.end();
  });

  test('is piggybacked when the handler is fast enough', async () => {
    const { world, answer } = await slowWorld();
    await world.say({ type: 'CON', code: '0.02' });
    await world.clock.advanceAsync(400);
    answer({ code: Code.CHANGED });
    expect(await world.hearLine()).toBe('ACK 2.04');
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    await world.end();
  });

  test('to a NON request comes late without an ACK', async () => {
    const { world, answer } = await slowWorld();
    await world.say({ type: 'NON', code: '0.02' });
    await world.clock.advanceAsync(5000);
    await world.hearNothing();
    answer({ code: Code.CHANGED });
    expect(await world.hearLine()).toBe('NON 2.04');
    await world.end();
  });

  test('is not sent after the handler took longer than anybody waits', async () => {
    const { world, answer } = await slowWorld();
    await world.say({ type: 'CON', code: '0.02' });
    await world.clock.advanceAsync(500 + 247_000);
    world.device.takeAll();
    answer({ code: Code.CHANGED });
    await world.hearNothing();
    expect(world.endpoint.statistics.handlerErrors).toBe(1);
    await world.end();
  });

  test('tells its handler that it was not sent when that took longer than anybody waits', async () => {
    const { world, answer } = await slowWorld();
    const events: string[] = [];
    await world.say({ type: 'CON', code: '0.02' });
    await world.clock.advanceAsync(500 + 247_000);
    answer({
      code: Code.CHANGED,
      afterSent: () => events.push('sent'),
      onUnsent: () => events.push('unsent'),
    });
    await world.clock.settle();
    expect(events).toEqual(['unsent']);
    await world.end();
  });

  test('tells its handler that it was not sent when the endpoint was closed meanwhile', async () => {
    const { world, answer } = await slowWorld();
    const events: string[] = [];
    await world.say({ type: 'CON', code: '0.02' });
    await world.end();
    answer({
      code: Code.CHANGED,
      afterSent: () => events.push('sent'),
      onUnsent: () => events.push('unsent'),
    });
    await world.clock.settle();
    expect(events).toEqual(['unsent']);
  });

  test('tells its handler that it was not sent when it is too large', async () => {
    const { world, answer } = await slowWorld();
    const events: string[] = [];
    await world.say({ type: 'CON', code: '0.02' });
    await world.clock.advanceAsync(500);
    const options = Array.from({ length: 100 }, () => ({ number: 2048, value: new Uint8Array(1000) }));
    answer({ code: Code.CHANGED, options, onUnsent: () => events.push('unsent') });
    await world.clock.settle();
    expect(events).toEqual(['unsent']);
    await world.end();
  });

  test('tells its handler that it was sent, once, though it got lost', async () => {
    const { world, answer } = await slowWorld();
    const events: string[] = [];
    await world.say({ type: 'CON', code: '0.02' });
    await world.clock.advanceAsync(500);
    answer({
      code: Code.CHANGED,
      afterSent: () => events.push('sent'),
      onUnsent: () => events.push('unsent'),
    });
    await world.clock.advanceAsync(100_000);
    expect([events, world.endpoint.statistics.timeouts]).toEqual([['sent'], 1]);
    await world.end();
  });

  test('is owed to a bounded number of requests of a peer: more are treated as lost', async () => {
    const answers: (() => void)[] = [];
    const world = await World.open({
      onRequest: () => new Promise((resolve) => answers.push(() => resolve({ code: Code.CHANGED }))),
    });
    for (let messageId = 0; messageId < 33; messageId += 1) await world.say({ type: 'CON', code: '0.02', messageId });
    expect([answers.length, world.endpoint.statistics.limits]).toEqual([32, 1]);
    for (const answer of answers) answer();
    await world.clock.settle();
    expect(world.device.takeAll()).toHaveLength(32);
    await world.say({ type: 'CON', code: '0.02', messageId: 32 });
    expect(answers).toHaveLength(33);
    await world.end();
  });
});

describe('a separate response that is no message', () => {
  const segments = Array<string>(129).fill('a');

  test('is 5.00, and the next one is sent', async () => {
    const slow: CoapReply[] = [{ code: Code.CREATED, locationPath: segments }, { code: Code.CHANGED }];
    const world: World = await World.open({
      onRequest: async () => {
        await new Promise<void>((resolve) => world.clock.schedule(2000, resolve));
        return slow.shift() ?? { code: Code.NOT_FOUND };
      },
    });
    for (const expected of ['CON 5.00', 'CON 2.04']) {
      await world.say({ type: 'CON', code: '0.02' });
      expect((await world.clock.advanceAsync(1500), await world.hearLine())).toBe('ACK 0.00');
      await world.clock.advanceAsync(500);
      const response = await world.hear();
      expect(line(response)).toBe(expected);
      await world.say({ type: 'ACK', messageId: response.messageId });
    }
    expect(world.endpoint.usage.responses).toBe(0);
    await world.end();
  });

  test.each([true, false])(
    'rejects as a notification, Confirmable %s, and the next one is sent',
    async (confirmable) => {
      let relation: ObserveRelation | undefined;
      const world = await World.open({
        onRequest: (request) => {
          relation = request.acceptObservation();
          return { code: Code.CONTENT };
        },
      });
      await world.say({ type: 'CON', code: '0.01', token: 'o', options: [opt.observe(0)] });
      await world.hear();
      const broken = relation?.notify({ code: Code.CONTENT, locationPath: segments }, { confirmable });
      await expect(broken).rejects.toThrow(RangeError);
      await world.hearNothing();
      void relation?.notify({ code: Code.CONTENT }, { confirmable: false });
      const confirmed = relation?.notify({ code: Code.CONTENT });
      await world.clock.settle();
      const next = world.device.takeAll().map((datagram) => decodeMessage(datagram));
      expect(next.map(line)).toEqual(['NON 2.05', 'CON 2.05']);
      await world.say({ type: 'ACK', messageId: next[1]?.messageId ?? 0 });
      await confirmed;
      expect(world.endpoint.usage.responses).toBe(0);
      await world.end();
    },
  );
});
