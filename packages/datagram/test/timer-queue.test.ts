import { TimerQueue } from '@flownexus/datagram';
import type { Clock, Timer } from '@flownexus/datagram';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';

function setup(): { clock: VirtualClock; timers: TimerQueue; ran: string[]; note: (name: string) => () => void } {
  const clock = new VirtualClock();
  const ran: string[] = [];
  return { clock, timers: new TimerQueue({ clock }), ran, note: (name) => () => ran.push(`${name}@${clock.now()}`) };
}

describe('TimerQueue', () => {
  test('runs timers in the order of their deadlines, ties in that of schedule', () => {
    const { clock, timers, ran, note } = setup();
    timers.schedule(20, note('c'));
    timers.schedule(10, note('a'));
    timers.schedule(10, note('b'));
    timers.schedule(-5, note('overdue'));
    expect(ran).toEqual([]);
    clock.advance(100);
    expect(ran).toEqual(['overdue@0', 'a@10', 'b@10', 'c@20']);
    expect(timers.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('gives a callback its subject', () => {
    const { clock, timers, ran } = setup();
    const note = (name: string): unknown => ran.push(`${name}@${clock.now()}`);
    timers.schedule(20, note, 'b');
    timers.schedule(10, note, 'a');
    timers.schedule(5, note, 'cancelled').cancel();
    expect(timers.nowMs).toBe(0);
    clock.advance(20);
    expect(ran).toEqual(['a@10', 'b@20']);
  });

  test('needs one timer of the clock for any number of its own', () => {
    const { clock, timers, note } = setup();
    for (let ms = 1000; ms > 0; ms -= 1) timers.schedule(ms, note('x'));
    expect(timers.size).toBe(1000);
    expect(clock.pendingTimers).toBe(1);
  });

  test('a cancelled timer does not run and leaves at once', () => {
    const { clock, timers, ran, note } = setup();
    const timer = timers.schedule(10, note('cancelled'));
    timers.schedule(10, note('kept'));
    timer.cancel();
    timer.cancel();
    expect(timers.size).toBe(1);
    clock.advance(10);
    expect(ran).toEqual(['kept@10']);
    timer.cancel();
  });

  test('the order survives cancellations anywhere in the heap', () => {
    const { clock, timers } = setup();
    const random = seededRandom(5);
    const ran: number[] = [];
    const set = Array.from({ length: 2000 }, () => {
      const ms = Math.floor(random.unit() * 1_000_000);
      return { ms, timer: timers.schedule(ms, () => ran.push(ms)) };
    });
    const kept = set.filter(({ timer }) => {
      const cancelled = random.unit() < 0.7;
      if (cancelled) timer.cancel();
      return !cancelled;
    });
    clock.advance(1_000_000);
    expect(ran).toEqual(kept.map(({ ms }) => ms).sort((a, b) => a - b));
  });

  test('the last cancelled timer takes the timer of the clock with it', () => {
    const { clock, timers, note } = setup();
    timers.schedule(10, note('x')).cancel();
    expect(clock.pendingTimers).toBe(0);
  });

  test('100 000 timers that are cancelled and set again do not pile up', () => {
    const { clock, timers } = setup();
    const random = seededRandom(1);
    let ran = 0;
    const set = (): Timer => timers.schedule(1 + Math.floor(random.unit() * 86_400_000), () => (ran += 1));
    let pending = Array.from({ length: 100_000 }, set);
    for (let round = 0; round < 3; round += 1) {
      for (const timer of pending) timer.cancel();
      pending = pending.map(set);
    }
    expect(timers.size).toBe(100_000);
    clock.advance(86_400_000);
    expect(ran).toBe(100_000);
  });

  test('a callback that throws stops no other, and its error is reported', () => {
    const clock = new VirtualClock();
    const errors: unknown[] = [];
    const timers = new TimerQueue({ clock, onError: (error) => errors.push(error) });
    let ran = 0;
    timers.schedule(1, () => {
      throw new Error('first');
    });
    timers.schedule(1, () => (ran += 1));
    clock.advance(1);
    expect(ran).toBe(1);
    expect(errors).toEqual([new Error('first')]);
    timers.schedule(1, () => (ran += 1));
    clock.advance(1);
    expect(ran).toBe(2);
  });

  test('without onError the error is thrown where nothing can swallow it', async () => {
    const { clock, timers } = setup();
    const uncaught = new Promise((resolve) => {
      // The test runner has listeners of its own, which would fail the run.
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const listener of others) process.on('uncaughtException', listener);
        resolve(error);
      });
    });
    timers.schedule(0, () => {
      throw new Error('nobody listens');
    });
    clock.advance(0);
    await expect(uncaught).resolves.toEqual(new Error('nobody listens'));
  });

  test('a callback may cancel a timer that is due at the same moment', () => {
    const { clock, timers, ran, note } = setup();
    const others: Timer[] = [];
    timers.schedule(5, () => others[0]?.cancel());
    others.push(timers.schedule(5, note('second')));
    clock.advance(5);
    expect(ran).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a callback that schedules without delay lets the others run first', () => {
    const { clock, timers, ran, note } = setup();
    timers.schedule(5, () => {
      note('first')();
      timers.schedule(0, note('added'));
    });
    timers.schedule(5, note('second'));
    clock.advance(5);
    expect(ran).toEqual(['first@5', 'second@5', 'added@5']);
  });

  test('timers that repeat without delay leave their turn to others of the clock', () => {
    const { clock, timers, ran, note } = setup();
    timers.schedule(5, () => {
      note('first')();
      timers.schedule(0, note('added'));
    });
    clock.schedule(5, note('other'));
    clock.advance(5);
    expect(ran).toEqual(['first@5', 'other@5', 'added@5']);
  });

  test('a run that sets many timers moves the wake-up once', () => {
    const clock = new VirtualClock();
    let wakeUps = 0;
    const counting: Clock = {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      schedule: (delayMs, callback) => {
        wakeUps += 1;
        return clock.schedule(delayMs, callback);
      },
    };
    const timers = new TimerQueue({ clock: counting });
    timers.schedule(1, () => {
      for (let ms = 100; ms > 0; ms -= 1) timers.schedule(ms, () => {});
    });
    clock.advance(1);
    expect(wakeUps).toBe(2);
  });

  test('an earlier timer that comes later moves the wake-up', () => {
    const { clock, timers, ran, note } = setup();
    timers.schedule(1000, note('late'));
    timers.schedule(10, note('early'));
    clock.advance(10);
    expect(ran).toEqual(['early@10']);
    clock.advance(990);
    expect(ran).toEqual(['early@10', 'late@1000']);
  });

  test('waits on when the clock wakes it too early', () => {
    const { clock, ran, note } = setup();
    const hasty: Clock = {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      schedule: (delayMs, callback) => clock.schedule(delayMs > 1 ? delayMs - 1 : delayMs, callback),
    };
    const timers = new TimerQueue({ clock: hasty });
    timers.schedule(10, note('x'));
    clock.advance(9);
    expect(ran).toEqual([]);
    clock.advance(1);
    expect(ran).toEqual(['x@10']);
  });

  test('clear cancels all, and the queue goes on', () => {
    const { clock, timers, ran, note } = setup();
    const held = timers.schedule(1, note('a'));
    timers.schedule(2, note('b'));
    timers.clear();
    held.cancel();
    expect(timers.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    timers.schedule(3, note('c'));
    clock.advance(10);
    expect(ran).toEqual(['c@3']);
  });

  test.each([Number.NaN, Infinity])('a delay of %s is a mistake of the caller', (delayMs) => {
    expect(() => setup().timers.schedule(delayMs, () => {})).toThrow(RangeError);
  });
});
