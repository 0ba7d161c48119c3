import { describe, expect, test } from 'vitest';
import { Code } from '../../src/index.ts';
import { bytes, World } from './world.ts';

/** RFC 7252 §4.5. */
describe('a duplicate', () => {
  async function countingWorld(): Promise<{ world: World; calls: () => number }> {
    let calls = 0;
    const world = await World.open({
      onRequest: () => {
        calls += 1;
        return { code: Code.CREATED, payload: bytes(String(calls)) };
      },
    });
    return { world, calls: () => calls };
  }

  test('of a Confirmable request gets the same bytes, and the handler runs once', async () => {
    const { world, calls } = await countingWorld();
    const script = { type: 'CON', code: '0.02', messageId: 5, token: 't' } as const;
    await world.say(script);
    await world.say(script);
    const [first, second] = world.device.takeAll();
    expect(first).toEqual(second);
    expect(calls()).toBe(1);
    expect(world.endpoint.statistics.duplicates).toBe(1);
    await world.end();
  });

  test('is known for EXCHANGE_LIFETIME and no longer', async () => {
    const { world, calls } = await countingWorld();
    const script = { type: 'CON', code: '0.02', messageId: 5 } as const;
    await world.say(script);
    await world.clock.advanceAsync(246_999);
    await world.say(script);
    expect(calls()).toBe(1);
    await world.clock.advanceAsync(1);
    await world.say(script);
    expect(calls()).toBe(2);
    await world.end();
  });

  test('is new after EXCHANGE_LIFETIME although others are swept together', async () => {
    const { world, calls } = await countingWorld();
    await world.say({ type: 'CON', code: '0.02', messageId: 5 });
    await world.clock.advanceAsync(500);
    await world.say({ type: 'CON', code: '0.02', messageId: 6 });
    await world.clock.advanceAsync(247_000);
    await world.say({ type: 'CON', code: '0.02', messageId: 6 });
    expect(calls()).toBe(3);
    await world.end();
  });

  test('of a Non-confirmable request is ignored for NON_LIFETIME', async () => {
    const { world, calls } = await countingWorld();
    const script = { type: 'NON', code: '0.02', messageId: 5 } as const;
    await world.say(script);
    await world.clock.advanceAsync(144_999);
    await world.say(script);
    expect(world.device.takeAll()).toHaveLength(1);
    await world.clock.advanceAsync(1);
    await world.say(script);
    expect(calls()).toBe(2);
    await world.end();
  });

  test('is one of the same peer only', async () => {
    const { world, calls } = await countingWorld();
    const other = world.network.peer('10.0.0.3', 40_000);
    await world.say({ type: 'CON', code: '0.02', messageId: 5 });
    await world.say({ type: 'CON', code: '0.02', messageId: 5 }, other);
    expect(calls()).toBe(2);
    await world.end();
  });

  test('of a rejected request is rejected again', async () => {
    const world = await World.open();
    const script = {
      type: 'CON',
      code: '0.01',
      messageId: 5,
      options: [{ number: 9, value: new Uint8Array(0) }],
    } as const;
    await world.say(script);
    await world.say(script);
    const [first, second] = world.device.takeAll();
    expect(first).toEqual(second);
    await world.end();
  });
});
