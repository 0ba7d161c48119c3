import { describe, expect, test } from 'vitest';
import { establish, notify } from './observer.ts';
import { line, World } from './world.ts';

interface Gate {
  readonly promise: Promise<void>;
  open(): void;
  fail(): void;
}

function gate(): Gate {
  let open = (): void => undefined;
  let fail = (): void => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = () => reject(new Error('the database is full'));
  });
  return { promise, open: () => open(), fail: () => fail() };
}

describe('a Confirmable notification', () => {
  test('is acknowledged when the handler has resolved, duplicates are absorbed until then', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    const commit = gate();
    seen.handle = () => commit.promise;
    await notify(world, registration.token, 6, 'value', { messageId: 9 });
    await world.clock.advanceAsync(3000);
    await notify(world, registration.token, 6, 'value', { messageId: 9 });
    await world.hearNothing();
    commit.open();
    const ack = await world.hear();
    expect([line(ack), ack.messageId]).toEqual(['ACK 0.00', 9]);
    await notify(world, registration.token, 6, 'value', { messageId: 9 });
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(seen.lines).toEqual(['value']);
    await world.end();
  });

  test('whose handler returns something that is no promise is acknowledged', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    seen.handle = () => 1 as unknown as undefined;
    await notify(world, registration.token, 6, 'value');
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.end();
  });

  test('whose handler rejects is not answered, and the retransmission runs the handler again', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    const [first, second] = [gate(), gate()];
    seen.handle = () => (seen.lines.length === 1 ? first.promise : second.promise);
    await notify(world, registration.token, 6, 'value', { messageId: 9 });
    first.fail();
    await world.hearNothing();
    await notify(world, registration.token, 6, 'value', { messageId: 9 });
    second.open();
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(seen.lines).toEqual(['value', 'value']);
    expect(world.endpoint.statistics).toMatchObject({ handlerErrors: 1, resetsSent: 0, duplicates: 0 });
    await world.end();
  });

  test('whose handler throws: the same', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    seen.handle = () => {
      if (seen.lines.length === 1) throw new Error('no');
    };
    await notify(world, registration.token, 6, 'value', { messageId: 9 });
    await world.hearNothing();
    await notify(world, registration.token, 6, 'value', { messageId: 9 });
    expect(await world.hearLine()).toBe('ACK 0.00');
    expect(seen.lines).toHaveLength(2);
    await world.end();
  });

  test('whose handler is too slow is not answered, and what it does later does not matter', async () => {
    const world = await World.open({ uplinkTimeoutMs: 4000 });
    const { seen, registration } = await establish(world);
    const [first, second] = [gate(), gate()];
    seen.handle = () => (seen.lines.length === 1 ? first.promise : second.promise);
    await notify(world, registration.token, 6, 'value', { messageId: 9 });
    await world.clock.advanceAsync(3999);
    await notify(world, registration.token, 6, 'value', { messageId: 9 });
    expect(seen.lines).toHaveLength(1);
    await world.clock.advanceAsync(1);
    await notify(world, registration.token, 6, 'value', { messageId: 9 });
    expect(seen.lines).toHaveLength(2);
    first.open();
    await world.hearNothing();
    second.open();
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.end();
  });

  test('is treated as lost when too many handlers run for the peer', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    const commit = gate();
    seen.handle = () => commit.promise;
    for (let number = 6; number < 40; number += 1) await notify(world, registration.token, number, 'x');
    expect(seen.lines).toHaveLength(32);
    commit.open();
    await world.clock.settle();
    expect(world.device.takeAll()).toHaveLength(32);
    expect(world.endpoint.statistics.limits).toBe(2);
    await world.end();
  });
});

test('a Non-confirmable notification whose handler fails is counted', async () => {
  const world = await World.open();
  const { seen, registration } = await establish(world);
  seen.handle = () => Promise.reject(new Error('no'));
  await notify(world, registration.token, 6, 'x', { type: 'NON', messageId: 9 });
  await notify(world, registration.token, 6, 'x', { type: 'NON', messageId: 9 });
  await world.hearNothing();
  expect(seen.lines).toHaveLength(1);
  expect(world.endpoint.statistics.handlerErrors).toBe(1);
  await world.end();
});
