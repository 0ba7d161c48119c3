import { describe, expect, test } from 'vitest';
import { TimerQueue, type Clock, type Timer } from '@flownexus/datagram';
import { VirtualClock } from '@flownexus/datagram/testing';
import { RegistrationExpiry, type Expiring } from '../../src/registration/expiry.ts';

interface Entry extends Expiring {
  readonly name: number;
  registration: { lifetime: number };
  reads: number;
}

/** Counts how often anyone looks at its lifetime. */
function entry(name: number, lifetime: number): Entry {
  const result: Entry = {
    name,
    reads: 0,
    expiryTimer: undefined,
    expiresAtMs: -Infinity,
    get registration() {
      result.reads += 1;
      return { lifetime };
    },
    set registration(next) {
      lifetime = next.lifetime;
    },
  };
  return result;
}

describe('RegistrationExpiry', () => {
  test('expires after lifetime and grace, not before', () => {
    const clock = new VirtualClock();
    const expired: number[] = [];
    const expiry = new RegistrationExpiry<Entry>(new TimerQueue({ clock }), 93_000, ({ name }) => expired.push(name));
    expiry.restart(entry(1, 60));
    clock.advance(152_999);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual([1]);
  });

  test('a restart begins the lifetime anew, longer or shorter; a cancelled one never ends', () => {
    const clock = new VirtualClock();
    const expired: number[] = [];
    const expiry = new RegistrationExpiry<Entry>(new TimerQueue({ clock }), 0, ({ name }) => expired.push(name));
    const entries = [entry(0, 10), entry(1, 10), entry(2, 10)] as const;
    for (const one of entries) expiry.restart(one);
    clock.advance(5000);
    entries[0].registration = { lifetime: 1 };
    expiry.restart(entries[0]);
    entries[1].registration = { lifetime: 100 };
    expiry.restart(entries[1]);
    expiry.cancel(entries[2]);
    clock.advance(1000);
    expect(expired).toEqual([0]);
    clock.advance(98_999);
    expect(expired).toEqual([0]);
    clock.advance(1);
    expect(expired).toEqual([0, 1]);
  });

  test('a restart that makes the end later leaves the timer alone, which waits on when it is due', () => {
    const clock = new VirtualClock();
    const timers = new TimerQueue({ clock });
    const expired: number[] = [];
    const expiry = new RegistrationExpiry<Entry>(timers, 0, ({ name }) => expired.push(name));
    const one = entry(1, 10);
    expiry.restart(one);
    const { expiryTimer } = one;
    for (let time = 0; time < 9; time += 1) {
      clock.advance(1000);
      expiry.restart(one);
    }
    expect(one.expiryTimer).toBe(expiryTimer);
    clock.advance(9999);
    expect([expired, timers.size]).toEqual([[], 1]);
    clock.advance(1);
    expect([expired, timers.size]).toEqual([[1], 0]);
  });

  test('lifetime 0 never ends, also where it follows another', () => {
    const clock = new VirtualClock();
    const timers = new TimerQueue({ clock });
    const expiry = new RegistrationExpiry<Entry>(timers, 0, () => expect.unreachable());
    const one = entry(1, 10);
    expiry.restart(one);
    one.registration = { lifetime: 0 };
    expiry.restart(one);
    expect(timers.size).toBe(0);
    clock.advance(1e12);
  });

  test('10 000 registrations: each expires at its time, none is looked at before, one timer of the clock', () => {
    const clock = new VirtualClock();
    let live = 0;
    let most = 0;
    const counting: Clock = {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      schedule: (delayMs, callback): Timer => {
        most = Math.max(most, (live += 1));
        const timer = clock.schedule(delayMs, () => {
          live -= 1;
          callback();
        });
        return {
          cancel: () => {
            live -= 1;
            timer.cancel();
          },
        };
      },
    };
    const expiredAt: [name: number, at: number][] = [];
    const expiry = new RegistrationExpiry<Entry>(new TimerQueue({ clock: counting }), 0, ({ name }) =>
      expiredAt.push([name, clock.now()]),
    );
    // Lifetimes in an order that is neither ascending nor descending.
    const entries = Array.from({ length: 10_000 }, (_, index) => entry(index, 1 + ((index * 7919) % 10_000)));
    for (const one of entries) expiry.restart(one);
    for (let second = 1; second <= 10_000; second += 1) {
      clock.advance(1000);
      expect(expiredAt).toHaveLength(second);
    }
    for (const [name, at] of expiredAt) expect(at).toBe(1000 * (1 + ((name * 7919) % 10_000)));
    expect(entries.every(({ reads }) => reads === 1)).toBe(true);
    expect(most).toBe(1);
  });

  test.each([-1, NaN, Infinity])('a grace period of %s is refused', (gracePeriodMs) => {
    const timers = new TimerQueue({ clock: new VirtualClock() });
    expect(() => new RegistrationExpiry(timers, gracePeriodMs, () => undefined)).toThrow(RangeError);
  });
});
