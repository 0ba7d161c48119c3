import type { Clock, DatagramTransport, RandomSource, TimerQueue } from '@flownexus/datagram';
import type { DtlsLimits } from '../limits.ts';
import type { Callbacks } from './callbacks.ts';
import type { DtlsCounters } from './counters.ts';

/** What the parts of one transport share. */
export interface Core {
  readonly lower: DatagramTransport;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly timers: TimerQueue;
  readonly limits: DtlsLimits;
  readonly counters: DtlsCounters;
  readonly callbacks: Callbacks;
}
