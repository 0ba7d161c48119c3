import { describe, expect, test } from 'vitest';
import { type ObservableOptions } from '../../src/index.ts';
import { observedWorld, register, acknowledge, heard } from './observed-world.ts';
import { line } from './world.ts';

/** RFC 7641 §4.5.1, §4.5.2. */
describe('Confirmable notifications', () => {
  test('are sent one at a time: what changes meanwhile goes out once, as the newest state', async () => {
    const observed = await observedWorld();
    const { world, change } = observed;
    await register(world);
    change('b');
    const first = await world.hear();
    change('c');
    change('d');
    change('e');
    await world.hearNothing();
    expect(observed.runs).toBe(2);
    await acknowledge(world, first);
    const second = await world.hear();
    expect([line(second), observed.runs]).toEqual(['CON 2.05 "e"', 3]);
    await acknowledge(world, second);
    await world.hearNothing();
    expect(world.clock.pendingTimers).toBeLessThanOrEqual(1); // That of the engine: deduplication.
    await world.end();
  });

  test('follow each other at once, unless an interval is set', async () => {
    const { world, change } = await observedWorld({ observable: { minIntervalMs: 5000 } });
    await register(world);
    change('b');
    await acknowledge(world, await world.hear());
    change('c');
    await world.clock.advanceAsync(4999);
    await world.hearNothing();
    await world.clock.advanceAsync(1);
    expect(await heard(world)).toEqual(['CON 2.05 "c"']);
    await world.end();
  });

  test('are chosen by the observer or by the resource', async () => {
    const type = async (observable: ObservableOptions, request: 'CON' | 'NON'): Promise<string> => {
      const { world, change } = await observedWorld({ observable });
      await register(world, { type: request });
      change('b');
      const sent = await world.hearLine();
      await world.end();
      return sent.slice(0, 3);
    };
    expect([await type({}, 'CON'), await type({}, 'NON')]).toEqual(['CON', 'NON']);
    expect([await type({ confirmable: true }, 'CON'), await type({ confirmable: true }, 'NON')]).toEqual([
      'CON',
      'CON',
    ]);
    expect([await type({ confirmable: false }, 'CON'), await type({ confirmable: false }, 'NON')]).toEqual([
      'NON',
      'NON',
    ]);
  });
});

/** RFC 7641 §4.5, §4.5.1. */
describe('Non-confirmable notifications', () => {
  test('are 3 seconds apart: what comes sooner goes out once, as the newest state', async () => {
    const observed = await observedWorld({ observable: { confirmable: false } });
    const { world, change } = observed;
    await register(world);
    change('b');
    expect(await heard(world)).toEqual(['NON 2.05 "b"']);
    await world.clock.advanceAsync(1000);
    change('c');
    await world.clock.advanceAsync(1000);
    change('d');
    await world.clock.advanceAsync(999);
    await world.hearNothing();
    await world.clock.advanceAsync(1);
    expect([await heard(world), observed.runs]).toEqual([['NON 2.05 "d"'], 3]);
    await world.clock.advanceAsync(10_000);
    await world.hearNothing();
    change('e');
    expect(await heard(world)).toEqual(['NON 2.05 "e"']);
    await world.end();
  });

  test('need one timer while one waits, and none while nothing changes', async () => {
    const { world, change } = await observedWorld({ observable: { confirmable: false } });
    await register(world);
    change('b');
    await heard(world);
    const idle = world.clock.pendingTimers;
    change('c');
    change('d');
    expect(world.clock.pendingTimers).toBe(idle + 1);
    await world.clock.advanceAsync(3000);
    expect(await heard(world)).toEqual(['NON 2.05 "d"']);
    expect(world.clock.pendingTimers).toBeLessThanOrEqual(idle);
    change('e');
    await world.clock.advanceAsync(3000);
    expect(await heard(world)).toEqual(['NON 2.05 "e"']);
    await world.end();
  });

  test('leave a timer behind at no end', async () => {
    const { world, change } = await observedWorld({ observable: { confirmable: false } });
    await register(world);
    change('b');
    change('c');
    await heard(world);
    await world.end();
  });

  test('give way to a Confirmable one in every so many', async () => {
    const { world, change } = await observedWorld({
      observable: { confirmable: false, minIntervalMs: 1000, confirmableEvery: 3 },
    });
    await register(world);
    const types: string[] = [];
    for (let index = 0; index < 6; index += 1) {
      change(`${index}`);
      const message = await world.hear();
      types.push(line(message).slice(0, 3));
      if (types.at(-1) === 'CON') await acknowledge(world, message);
      await world.clock.advanceAsync(1000);
    }
    expect(types).toEqual(['NON', 'NON', 'CON', 'NON', 'NON', 'CON']);
    await world.end();
  });

  test('give way to a Confirmable one after 24 hours', async () => {
    const observable = { confirmable: false, confirmableEvery: 1000, minIntervalMs: 1 };
    const { world, change } = await observedWorld({ observable });
    await register(world);
    await world.clock.advanceAsync(24 * 3600 * 1000 - 1);
    change('b');
    expect(await heard(world)).toEqual(['NON 2.05 "b"']);
    await world.clock.advanceAsync(1);
    change('c');
    const confirmable = await world.hear();
    expect(line(confirmable)).toBe('CON 2.05 "c"');
    await acknowledge(world, confirmable);
    await world.clock.advanceAsync(1);
    change('d');
    expect(await heard(world)).toEqual(['NON 2.05 "d"']);
    await world.end();
  });

  test('end with a Confirmable one, which does not wait for its time', async () => {
    const { world, router, change } = await observedWorld({ observable: { confirmable: false } });
    await register(world);
    change('b');
    await heard(world);
    router.endObservations('/r');
    expect(await heard(world)).toEqual(['CON 4.04']);
    await world.end();
  });
});
