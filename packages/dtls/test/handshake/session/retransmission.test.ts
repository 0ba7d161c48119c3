import { TimerQueue } from '@flownexus/datagram';
import { VirtualClock } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { Retransmission } from '../../../src/handshake/session/retransmission.ts';

interface Stage {
  readonly clock: VirtualClock;
  readonly retransmission: Retransmission;
  /** When the flight went again by the timer, and when that was given up. */
  readonly dueAtMs: number[];
  readonly exhaustedAtMs: number[];
}

function stage(retransmissions = 8): Stage {
  const clock = new VirtualClock();
  const dueAtMs: number[] = [];
  const exhaustedAtMs: number[] = [];
  const retransmission = new Retransmission({
    timers: new TimerQueue({ clock }),
    limits: { firstRetransmissionMs: 1000, longestRetransmissionMs: 8000, retransmissions },
    onDue: () => dueAtMs.push(clock.now()),
    onExhausted: () => exhaustedAtMs.push(clock.now()),
  });
  return { clock, retransmission, dueAtMs, exhaustedAtMs };
}

// RFC 6347 §4.2.4.1: 1 s, doubled at each retransmission.
test('a flight goes again after 1 s, and each time-out is twice as long up to the longest', () => {
  const { clock, retransmission, dueAtMs, exhaustedAtMs } = stage(6);
  retransmission.begin(false);
  clock.advance(100_000);
  expect(dueAtMs).toEqual([1000, 3000, 7000, 15_000, 23_000, 31_000]);
  expect(exhaustedAtMs).toEqual([39_000]);
  expect(retransmission.count).toBe(6);
  expect(clock.pendingTimers).toBe(0);
});

test('without retransmissions the first time-out is the end', () => {
  const { clock, retransmission, dueAtMs, exhaustedAtMs } = stage(0);
  retransmission.begin(false);
  clock.advance(100_000);
  expect({ dueAtMs, exhaustedAtMs }).toEqual({ dueAtMs: [], exhaustedAtMs: [1000] });
});

test('the time-out of the next flight begins anew when nothing was lost, and is kept when something was', () => {
  const { clock, retransmission, dueAtMs } = stage();
  retransmission.begin(false);
  clock.advance(3500);
  retransmission.begin(false);
  clock.advance(4000);
  expect(dueAtMs, 'the time-out had become 4 s').toEqual([1000, 3000, 7500]);
  retransmission.begin(false);
  clock.advance(7999);
  retransmission.begin(false);
  clock.advance(1000);
  expect(dueAtMs, 'a flight without loss brings it back to 1 s').toEqual([1000, 3000, 7500, 16_499]);
});

test('a repetition of the peer is answered once in half of the time-out, which then begins anew', () => {
  const { clock, retransmission, dueAtMs } = stage();
  retransmission.begin(false);
  expect(retransmission.answer(), 'the flight has just left').toBe(false);
  clock.advance(499);
  expect(retransmission.answer()).toBe(false);
  clock.advance(1);
  expect(retransmission.answer()).toBe(true);
  expect(retransmission.answer()).toBe(false);
  clock.advance(999);
  expect(dueAtMs, 'due at 1500 and not at 1000').toEqual([]);
  clock.advance(1);
  expect(dueAtMs).toEqual([1500]);
  clock.advance(999);
  expect(retransmission.answer(), 'half of a time-out of 2 s').toBe(false);
  clock.advance(1);
  expect(retransmission.answer()).toBe(true);
});

test('answers are bounded for each flight', () => {
  const { clock, retransmission } = stage(3);
  const answers = (): number => {
    let count = 0;
    for (let round = 0; round < 20; round += 1) {
      clock.advance(600);
      if (retransmission.answer()) count += 1;
    }
    return count;
  };
  retransmission.begin(true);
  expect(answers()).toBe(3);
  retransmission.begin(true);
  expect(answers()).toBe(3);
});

test('a final flight goes again only on demand', () => {
  const { clock, retransmission, dueAtMs, exhaustedAtMs } = stage();
  retransmission.begin(false);
  clock.advance(7500);
  retransmission.begin(true);
  expect(retransmission.answer()).toBe(false);
  clock.advance(100_000);
  expect(dueAtMs).toEqual([1000, 3000, 7000]);
  expect(exhaustedAtMs).toEqual([]);
  expect(retransmission.answer()).toBe(true);
  clock.advance(500);
  expect(retransmission.answer(), 'after 500 ms, however long the time-out was').toBe(true);
});

test('nothing goes while it is paused, and after that the time-out runs from the start', () => {
  const { clock, retransmission, dueAtMs } = stage();
  retransmission.begin(false);
  clock.advance(900);
  retransmission.pause();
  expect(clock.pendingTimers).toBe(0);
  clock.advance(10_000);
  expect(retransmission.answer()).toBe(false);
  retransmission.resume();
  retransmission.resume();
  clock.advance(1000);
  expect(dueAtMs).toEqual([11_900]);
});

test('before the first flight and after the end there is nothing to pause, resume or answer', () => {
  const { clock, retransmission } = stage();
  for (const begin of [() => undefined, () => retransmission.begin(false)]) {
    begin();
    retransmission.stop();
    retransmission.pause();
    retransmission.resume();
    expect(retransmission.answer()).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  }
});
