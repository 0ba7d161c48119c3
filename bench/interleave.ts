import { median } from './statistics.ts';

/** A call to be timed, with a name. */
export interface TimedCall {
  readonly name: string;
  readonly call: () => unknown;
}

/** What a call took, over all rounds. */
export interface CallTimes {
  readonly name: string;
  /** Median. */
  readonly micros: number;
  /** The median of the ratios to the first call within a round. */
  readonly ratio: number;
}

/** Results go here, so that no call can be left out as useless. */
export let sink: unknown;

/**
 * Microseconds of processor time per call, over about as long as a slice takes: unlike the clock on the wall it stands still while others
 * have the processor.
 */
export function microsPerCall(call: () => unknown, sliceMs: number): number {
  const begin = process.cpuUsage();
  let calls = 0;
  let micros: number;
  do {
    for (let index = 0; index < 32; index += 1) sink = call();
    calls += 32;
    const { user, system } = process.cpuUsage(begin);
    micros = user + system;
  } while (micros < 1000 * sliceMs);
  return micros / calls;
}

/**
 * A little of each call, again and again: what the machine does meanwhile meets all alike. The first of them is the floor. Two more
 * rounds come before and are not counted.
 */
export function interleave(calls: readonly TimedCall[], rounds: number, sliceMs: number): CallTimes[] {
  const times = calls.map(({ name, call }) => ({ name, call, taken: [] as number[] }));
  for (let round = -2; round < rounds; round += 1) {
    for (const { call, taken } of times) {
      const micros = microsPerCall(call, sliceMs);
      if (round >= 0) taken.push(micros);
    }
  }
  const floor = times[0]?.taken ?? [];
  return times.map(({ name, taken }) => ({
    name,
    micros: median(taken),
    ratio: median(taken.map((value, round) => value / (floor[round] ?? NaN))),
  }));
}
