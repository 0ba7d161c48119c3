import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';

describe('VirtualClock', () => {
  test('stands still until it is advanced', () => {
    const clock = new VirtualClock({ now: 500, wallTime: 1_700_000_000_000 });
    expect([clock.now(), clock.wallTime()]).toEqual([500, 1_700_000_000_000]);
    clock.advance(1500);
    expect([clock.now(), clock.wallTime()]).toEqual([2000, 1_700_000_001_500]);
  });

  test('runs timers at their own time, in order, and those that they schedule', () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
    clock.schedule(30, note('d'));
    clock.schedule(10, () => {
      note('a')();
      clock.schedule(5, note('c'));
      clock.schedule(0, note('b'));
    });
    clock.schedule(10, note('tie'));
    clock.schedule(31, note('too late'));
    clock.advance(30);
    expect(ran).toEqual(['a@10', 'tie@10', 'b@10', 'c@15', 'd@30']);
    expect(clock.pendingTimers).toBe(1);
    expect(clock.nextDeadline).toBe(31);
  });

  test('a cancelled timer is gone', () => {
    const clock = new VirtualClock();
    clock.schedule(1, () => expect.unreachable()).cancel();
    expect(clock.pendingTimers).toBe(0);
    clock.advance(10);
  });

  test('what a timer throws comes out of advance, and the rest waits', () => {
    const clock = new VirtualClock();
    let ran = false;
    clock.schedule(1, () => {
      throw new Error('seen');
    });
    clock.schedule(2, () => (ran = true));
    expect(() => {
      clock.advance(5);
    }).toThrow('seen');
    expect([clock.now(), ran]).toEqual([1, false]);
    clock.advance(1);
    expect(ran).toBe(true);
  });

  test('advanceAsync lets promises finish before time goes on', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const work = async (): Promise<void> => {
      for (let depth = 0; depth < 100; depth += 1) await Promise.resolve();
      seen.push(clock.now());
      if (seen.length < 3) clock.schedule(10, () => void work());
    };
    void work();
    await clock.advanceAsync(25);
    expect(seen).toEqual([0, 10, 20]);
    expect(clock.now()).toBe(25);
  });

  test('settle runs what is due now and leaves time alone', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.schedule(0, () => void Promise.resolve().then(() => clock.schedule(0, () => seen.push('due'))));
    clock.schedule(1, () => seen.push('later'));
    await clock.settle();
    expect(seen).toEqual(['due']);
    expect(clock.now()).toBe(0);
  });

  test('runUntil goes on as far as a promise needs', async () => {
    const clock = new VirtualClock();
    const work = new Promise<string>((resolve) => {
      clock.schedule(70, () => {
        resolve('done');
      });
    });
    clock.schedule(71, () => expect.unreachable());
    await expect(clock.runUntil(work)).resolves.toBe('done');
    expect(clock.now()).toBe(70);
    await expect(clock.runUntil(Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  });

  test('runUntil tells why a promise stays pending', async () => {
    const clock = new VirtualClock();
    const never = new Promise(() => {});
    await expect(clock.runUntil(never)).rejects.toThrow('still pending and no timer is left');
    clock.schedule(2000, () => {});
    await expect(clock.runUntil(never, 1000)).rejects.toThrow('1000 ms of virtual time have passed');
    expect(clock.now()).toBe(1000);
  });

  test.each([Number.NaN, Infinity])('a delay of %s is a mistake of the caller', (delayMs) => {
    const clock = new VirtualClock();
    expect(() => clock.schedule(delayMs, () => {})).toThrow(RangeError);
    expect(() => {
      clock.advance(delayMs);
    }).toThrow(RangeError);
  });

  test('time does not go back', () => {
    const clock = new VirtualClock();
    expect(() => {
      clock.advance(-1);
    }).toThrow(RangeError);
  });
});

describe('seededRandom', () => {
  test('the same seed gives the same numbers, another one others', () => {
    const draw = (seed: number): unknown[] => {
      const random = seededRandom(seed);
      return [random.bytes(8), random.unit(), random.unit()];
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('is spread over its range', () => {
    const random = seededRandom(7);
    expect(new Set(random.bytes(10_000)).size).toBe(256);
    const units = Array.from({ length: 10_000 }, () => random.unit());
    expect(units.every((unit) => unit >= 0 && unit < 1)).toBe(true);
    expect(units.reduce((sum, unit) => sum + unit, 0) / units.length).toBeCloseTo(0.5, 1);
  });
});
