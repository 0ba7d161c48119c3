import { TimerQueue } from '@flownexus/datagram';
import type { Timer } from '@flownexus/datagram';
import { VirtualClock } from '@flownexus/datagram/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ schedule: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ cancel: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ advance: fc.nat(30) }) },
);

test('runs exactly what a sorted list would run, in the same order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const clock = new VirtualClock();
      const timers = new TimerQueue({ clock });
      const handles: Timer[] = [];
      const ran: number[] = [];
      const expected: number[] = [];
      let model: { id: number; at: number }[] = [];
      for (const one of steps) {
        if ('schedule' in one) {
          const id = handles.length;
          handles.push(timers.schedule(one.schedule, () => ran.push(id)));
          model.push({ id, at: clock.now() + one.schedule });
        } else if ('cancel' in one) {
          handles[one.cancel]?.cancel();
          model = model.filter(({ id }) => id !== one.cancel);
        } else {
          clock.advance(one.advance);
          const due = model.filter(({ at }) => at <= clock.now()).sort((a, b) => a.at - b.at || a.id - b.id);
          expected.push(...due.map(({ id }) => id));
          model = model.filter(({ at }) => at > clock.now());
        }
        expect(ran).toEqual(expected);
        expect(timers.size).toBe(model.length);
        expect(clock.pendingTimers).toBe(model.length === 0 ? 0 : 1);
      }
    }),
  );
});
