import type { Clock, DatagramTransport, RandomSource, TimerQueue } from '@flownexus/datagram';
import type { Application } from './application.ts';
import type { Budget } from './budget.ts';
import type { Deduplication } from './deduplication.ts';
import type { GuardedBudget } from './guarded-budget.ts';
import type { PeerState } from './peer-state.ts';
import type { CoapCounters } from './statistics.ts';
import type { CoapLimits } from '../limits.ts';
import type { Tracer } from '../trace.ts';

/** What the parts of the engine share. */
export interface Engine extends Application {
  readonly transport: DatagramTransport;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  readonly limits: CoapLimits;
  /** EXCHANGE_LIFETIME of peers without settings of their own: how long most things are kept. */
  readonly lifetimeMs: number;
  readonly counters: CoapCounters;
  readonly deduplication: Deduplication;
  /** For the bodies that are fetched block by block. */
  readonly downloads: Budget;
  /** For requests that wait for their turn or their response. */
  readonly exchanges: Budget;
  /** For observations of us, for messages of the server role that are to be acknowledged, and for requests being handled. */
  readonly relations: GuardedBudget;
  readonly responses: GuardedBudget;
  readonly processing: GuardedBudget;
  readonly settings: EngineSettings;
  /** Present while the endpoint is traced. */
  trace: Tracer | undefined;
  /** The peer has shown that it receives at its address. */
  prove(state: PeerState): void;
  /** Hands bytes to the transport. `repeated`: the peer may have had them before. */
  send(state: PeerState, datagram: Uint8Array, repeated?: boolean): void;
}

export interface EngineSettings {
  readonly maxBodySize: number;
  readonly separateResponseAfterMs: number;
  readonly uplinkTimeoutMs: number;
}
