import type { Clock, DatagramTransport, RandomSource, TimerQueue } from '@flownexus/datagram';
import type { Deduplication } from './deduplication.ts';
import type { PeerState } from './peer-state.ts';
import type { CoapCounters } from './statistics.ts';
import type { TransmissionParameters, TransmissionTimes } from './transmission-parameters.ts';

/** What the parts of the engine share. */
export interface Engine {
  readonly transport: DatagramTransport;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  readonly parameters: TransmissionParameters;
  readonly times: TransmissionTimes;
  readonly counters: CoapCounters;
  readonly deduplication: Deduplication;
  readonly settings: EngineSettings;
  /** Hands bytes to the transport. */
  send(state: PeerState, datagram: Uint8Array): void;
  /** Calls something of the application: what it throws is counted and goes no further. */
  callApplication(callback: () => void): void;
}

export interface EngineSettings {
  /** The exponent of the blocks that we choose. */
  readonly szx: number;
  readonly maxBodySize: number;
  readonly separateResponseAfterMs: number;
  readonly uplinkTimeoutMs: number;
}
