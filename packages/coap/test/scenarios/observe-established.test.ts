import { describe, expect, test } from 'vitest';
import type { CoapMessage, CoapObservation, CoapResponse } from '../../src/index.ts';
import { notify, observedRequest } from './observer.ts';
import { body, line, opt, text, World } from './world.ts';

interface Registering {
  readonly world: World;
  /** What the observer was called with, and when `observe` resolved. */
  readonly events: string[];
  readonly responses: CoapResponse[];
  readonly tokens: Uint8Array[];
  readonly stored: PromiseWithResolvers<undefined>;
  readonly pending: Promise<CoapObservation>;
  readonly registration: CoapMessage;
}

/** Sends a registration whose observer stores the first response until `stored` is settled. */
async function register(
  options: Parameters<typeof World.open>[0] = {},
  onEstablished?: (response: CoapResponse) => void | Promise<void>,
): Promise<Registering> {
  const world = await World.open(options);
  const events: string[] = [];
  const responses: CoapResponse[] = [];
  const tokens: Uint8Array[] = [];
  const stored = Promise.withResolvers<undefined>();
  stored.promise.catch(() => undefined);
  const pending = world.endpoint.observe(world.peer, observedRequest, {
    onEstablished: (response, token) => {
      tokens.push(token);
      events.push(`established ${text(response.payload)}`);
      responses.push(response);
      return onEstablished === undefined ? stored.promise : onEstablished(response);
    },
    onNotification: ({ payload, fresh }) => {
      events.push(`notified ${text(payload)}${fresh ? '' : ' stale'}`);
    },
    onEnd: ({ reason }) => {
      events.push(`ended ${reason}`);
    },
  });
  pending.then(
    () => events.push('resolved'),
    () => events.push('rejected'),
  );
  return { world, events, responses, tokens, stored, pending, registration: await world.hear() };
}

const first = { code: '2.05', options: [opt.observe(5)], payload: 'first' } as const;

describe('a piggybacked first response', () => {
  test('is given to the observer before observe() resolves, which does not wait for it', async () => {
    const { world, events, responses, tokens, pending, registration } = await register();
    await world.piggyback(registration, first);
    expect(events).toEqual(['established first', 'resolved']);
    expect(tokens).toEqual([registration.token]);
    expect(responses[0]).toBe((await pending).response);
    await world.hearNothing();
    await world.end();
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('full'))],
  ])('establishes although the observer %s, which is counted', async (_how, fail) => {
    const { world, pending, registration } = await register({}, fail);
    await world.piggyback(registration, first);
    expect((await pending).active).toBe(true);
    expect(world.endpoint.statistics.handlerErrors).toBe(1);
    await world.end();
  });

  test('that establishes nothing is not given to the observer', async () => {
    for (const response of [{ code: '2.05' }, { code: '4.04', options: [opt.observe(1)] }]) {
      const { world, events, registration } = await register();
      await world.piggyback(registration, response);
      expect(events).toEqual(['resolved']);
      await world.end();
    }
  });

  test('is given to the observer however many handlers run for the peer', async () => {
    const { world, events, registration } = await busy();
    await world.piggyback(registration, first);
    expect(events).toEqual(['established first', 'resolved']);
    await world.end();
  });
});

describe.each([
  ['separate', true],
  ['that stands for a lost one or overtook it', false],
])('a Confirmable first response, %s,', (_name, acknowledged) => {
  async function arrive(options?: Parameters<typeof World.open>[0]): Promise<Registering & { messageId: number }> {
    const registering = await register(options);
    const { world, registration } = registering;
    if (acknowledged) await world.say({ type: 'ACK', messageId: registration.messageId });
    const { messageId } = await notify(world, registration.token, 5, 'first');
    return { ...registering, messageId };
  }

  test('is acknowledged when the observer has stored it, and the registration is not retransmitted', async () => {
    const { world, events, stored, pending, registration, messageId } = await arrive({ uplinkTimeoutMs: 300_000 });
    expect(events).toEqual(['established first', 'resolved']);
    expect((await pending).active).toBe(true);
    await world.clock.advanceAsync(100_000);
    await notify(world, registration.token, 5, 'first', { messageId }); // a duplicate: absorbed
    await world.hearNothing();
    stored.resolve(undefined);
    const ack = await world.hear();
    expect([line(ack), ack.messageId]).toEqual(['ACK 0.00', messageId]);
    await notify(world, registration.token, 5, 'first', { messageId });
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(events).toEqual(['established first', 'resolved']);
    await world.end();
  });

  test('is not answered when the observer fails: the retransmission is a notification', async () => {
    const { world, events, stored, pending, registration, messageId } = await arrive();
    stored.reject(new Error('the database is full'));
    await world.hearNothing();
    expect((await pending).active).toBe(true);
    await notify(world, registration.token, 5, 'first', { messageId });
    expect(events).toEqual(['established first', 'resolved', 'notified first']);
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(world.endpoint.statistics).toMatchObject({ handlerErrors: 1, resetsSent: 0 });
    await world.end();
  });

  test('is not answered when the observer is too slow: the retransmission is a notification', async () => {
    const { world, events, stored, registration, messageId } = await arrive({ uplinkTimeoutMs: 4000 });
    await world.clock.advanceAsync(4000);
    stored.resolve(undefined);
    await world.hearNothing();
    await notify(world, registration.token, 5, 'first', { messageId });
    expect(events).toEqual(['established first', 'resolved', 'notified first']);
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.end();
  });
});

test('a Non-confirmable first response is given to the observer', async () => {
  const { world, events, registration } = await register();
  await notify(world, registration.token, 5, 'first', { type: 'NON' });
  expect(events).toEqual(['established first', 'resolved']);
  await world.hearNothing();
  await world.end();
});

test('a Confirmable first response is as good as lost when too many handlers run for the peer', async () => {
  const { world, events, registration, release } = await busy();
  const { messageId } = await notify(world, registration.token, 5, 'first');
  await world.hearNothing();
  expect(events).toEqual([]);
  await world.clock.advanceAsync(3000);
  expect((await world.hear()).messageId).toBe(registration.messageId); // nothing has answered it
  await release();
  await notify(world, registration.token, 5, 'first', { messageId });
  expect(events).toEqual(['established first', 'resolved']);
  await world.end();
});

test('a Confirmable first response that establishes nothing is acknowledged at once', async () => {
  const { world, events, registration } = await register();
  await world.say({ type: 'CON', code: '4.04', token: registration.token });
  expect(await world.hearLine()).toBe('ACK 0.00');
  expect(events).toEqual(['resolved']);
  await world.end();
});

test('a Confirmable first response in blocks is acknowledged at once and given to the observer whole', async () => {
  const { world, events, responses, registration } = await register();
  const whole = body(100);
  const options = [opt.observe(5), opt.block2(0, true, 2), opt.etag('v1')];
  await world.say({ type: 'CON', code: '2.05', token: registration.token, options, payload: whole.subarray(0, 64) });
  expect(world.device.take()[0]).toBe(0x60);
  const second = await world.hear();
  expect(events).toEqual([]);
  const rest = [opt.block2(1, false, 2), opt.etag('v1')];
  await world.piggyback(second, { code: '2.05', options: rest, payload: whole.subarray(64) });
  expect(responses).toMatchObject([{ observe: 5, payload: whole }]);
  expect(events.at(-1)).toBe('resolved');
  await world.hearNothing();
  await world.end();
});

test('one whose Block2 says that it is whole waits for the observer like any other', async () => {
  const { world, stored, registration } = await register();
  const options = [opt.observe(5), opt.block2(0, false, 2)];
  await world.say({ type: 'CON', code: '2.05', token: registration.token, options });
  await world.hearNothing();
  stored.resolve(undefined);
  expect(await world.hearLine()).toBe('ACK 0.00');
  await world.end();
});

test('a Confirmable first response that is the end of a body is acknowledged, and observe() rejects', async () => {
  const { world, events, registration } = await register();
  const options = [opt.observe(5), opt.block2(1, false, 2)];
  await world.say({ type: 'CON', code: '2.05', token: registration.token, options, payload: 'end' });
  expect(await world.hearLine()).toBe('ACK 0.00');
  expect(events).toEqual(['rejected']);
  await world.end();
});

/** A registration under way with a peer for which as many handlers run as may. */
async function busy(): Promise<Registering & { release: () => Promise<void> }> {
  const gate = Promise.withResolvers<undefined>();
  const registering = await register({
    separateResponseAfterMs: 600_000,
    onRequest: async () => {
      await gate.promise;
      return { code: 68 };
    },
  });
  const { world } = registering;
  for (let count = 0; count < 32; count += 1) await world.say({ type: 'NON', code: '0.02' });
  const release = async (): Promise<void> => {
    gate.resolve(undefined);
    await world.clock.settle();
    world.device.takeAll();
  };
  return { ...registering, release };
}
