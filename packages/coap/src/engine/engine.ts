import type { Clock, DatagramTransport, RandomSource, TimerQueue } from '@flownexus/datagram';
import type { Application } from './application.ts';
import type { Budget } from './budget.ts';
import type { Deduplication } from './deduplication.ts';
import type { PeerState } from './peer-state.ts';
import type { CoapCounters } from './statistics.ts';
import type { TransmissionParameters, TransmissionTimes } from './transmission-parameters.ts';

/** What the parts of the engine share. */
export interface Engine extends Application {
  readonly transport: DatagramTransport;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  readonly parameters: TransmissionParameters;
  readonly times: TransmissionTimes;
  readonly counters: CoapCounters;
  readonly deduplication: Deduplication;
  /** For the bodies that are fetched block by block. */
  readonly downloads: Budget;
  /** For requests that wait for their turn or their response. */
  readonly exchanges: Budget;
  readonly settings: EngineSettings;
  /** Hands bytes to the transport. */
  send(state: PeerState, datagram: Uint8Array): void;
}

export interface EngineSettings {
  /** The exponent of the blocks that we choose. */
  readonly szx: number;
  readonly maxBodySize: number;
  readonly separateResponseAfterMs: number;
  readonly uplinkTimeoutMs: number;
}
