import { systemClock, systemRandom, TimerQueue, type Clock, type Peer, type RandomSource } from '@flownexus/datagram';
import { AfterSent } from '../after-sent.ts';
import type { Lwm2mServerEvents, Refusal } from '../api/events.ts';
import type { Lwm2mServerOptions } from '../api/options.ts';
import { EndpointTallies } from '../endpoint-tallies.ts';
import { EventSource, safeReporter, type ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import type { CoapClient } from '../registration/registered-endpoint.ts';
import { RegistrationTable } from '../registration/registration-table.ts';
import type { Registration } from '../registration/registration.ts';
import { newCounters, type Counters } from '../statistics.ts';

/** What all parts of a server share. */
export class Foundation {
  readonly options: Lwm2mServerOptions;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Told of errors that have no caller. Never throws. */
  readonly report: ErrorReporter;
  readonly events: EventSource<Lwm2mServerEvents>;
  readonly timers: TimerQueue;
  readonly afterSent: AfterSent;
  readonly counters: Counters = newCounters();
  readonly table: RegistrationTable;
  readonly tallies: EndpointTallies;
  /** On the monotonic clock. */
  readonly createdAtMs: number;
  /** Handlers that run. The CoAP engine bounds them: so many messages of so many peers are handled at a time. */
  readonly #underway = new Set<Promise<unknown>>();
  readonly #stopped = new AbortController();

  /** @throws RangeError for an option out of its range */
  constructor(options: Lwm2mServerOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? systemRandom;
    this.report = safeReporter(options.onError);
    this.events = new EventSource(this.report);
    this.timers = new TimerQueue({
      clock: this.clock,
      onError: (error) => this.report(error, 'a timer of the server threw'),
    });
    this.afterSent = new AfterSent(this.timers);
    this.table = new RegistrationTable(options.maxRegistrations ?? limits.maxRegistrations);
    this.tallies = new EndpointTallies(this.table, this.clock);
    this.createdAtMs = this.clock.now();
  }

  /** Aborted when the server stops, or could not start. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Aborts `stopped`. */
  abort(): void {
    this.#stopped.abort();
  }

  /** The registration of a peer, if it has one. */
  readonly registrationOf = (coap: CoapClient, peer: Peer): Registration | undefined =>
    this.table.byPeer(coap, peer.key)?.registration;

  /** Notes work that `stop` waits for; returns it. */
  readonly track = <T>(work: Promise<T>): Promise<T> => {
    this.#underway.add(work);
    const done = (): void => {
      this.#underway.delete(work);
    };
    work.then(done, done);
    return work;
  };

  /** A request was refused, and the answer has left. */
  readonly refused = (refusal: Refusal): void => {
    this.counters.refusals += 1;
    this.tallies.refused(refusal);
    this.events.emit('refused', refusal);
  };

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#underway.size > 0) await Promise.allSettled(this.#underway);
  }
}
