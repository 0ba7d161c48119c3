import { TimerQueue, type Peer } from '@flownexus/datagram';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import type { PeerState } from '../../src/engine/peer-state.ts';
import { StateTable, type StateTableOptions } from '../../src/engine/state-table.ts';
import {
  DEFAULT_TRANSMISSION_PARAMETERS,
  transmissionTimes,
  type TransmissionTimes,
} from '../../src/engine/transmission-parameters.ts';

/** A clock, its timers, and peers on it. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly timers = new TimerQueue({ clock: this.clock });
  readonly times: TransmissionTimes = transmissionTimes(DEFAULT_TRANSMISSION_PARAMETERS);
  readonly random = seededRandom(1);
  readonly evicted: string[] = [];
  readonly table: StateTable;
  limits = 0;

  constructor(options: Partial<StateTableOptions> = {}) {
    this.table = new StateTable({
      clock: this.clock,
      timers: this.timers,
      random: this.random,
      limits: DEFAULT_LIMITS,
      settingsOf: () => ({ parameters: DEFAULT_TRANSMISSION_PARAMETERS, times: this.times, szx: 5 }),
      lifetimeMs: this.times.exchangeLifetimeMs,
      onEvicted: ({ peer }) => {
        this.evicted.push(peer.key);
      },
      ...options,
    });
  }

  readonly onLimit = (): void => {
    this.limits += 1;
  };

  state(key = 'a'): PeerState {
    const state = this.table.obtain(peer(key));
    if (state === undefined) throw new Error('the table is full');
    return state;
  }
}

export function peer(key: string): Peer {
  return { key, host: '10.0.0.2', port: 1, identity: { kind: 'anonymous' }, pathValidated: true };
}
