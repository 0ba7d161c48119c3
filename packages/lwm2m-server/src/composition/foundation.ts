import { AfterSent } from '../after-sent.ts';
import type { Lwm2mServerEvents, Refusal } from '../api/events.ts';
import type { Lwm2mServerOptions } from '../api/options.ts';
import { EndpointTallies } from '../endpoint-tallies.ts';
import { EventSource } from '../events.ts';
import { limits } from '../limits.ts';
import { RegistrationTable } from '../registration/registration-table.ts';
import { newCounters, type Counters } from '../statistics.ts';
import { Runtime } from './runtime.ts';

/** What all parts of a server share. */
export class Foundation extends Runtime {
  readonly options: Lwm2mServerOptions;
  readonly events: EventSource<Lwm2mServerEvents>;
  readonly afterSent: AfterSent;
  readonly counters: Counters = newCounters();
  readonly table: RegistrationTable;
  readonly tallies: EndpointTallies;
  /** On the monotonic clock. */
  readonly createdAtMs: number;

  /** @throws RangeError for an option out of its range */
  constructor(options: Lwm2mServerOptions) {
    super(options);
    this.options = options;
    this.events = new EventSource(this.report);
    this.afterSent = new AfterSent(this.timers);
    this.table = new RegistrationTable(options.maxRegistrations ?? limits.maxRegistrations);
    this.tallies = new EndpointTallies(this.table, this.clock);
    this.createdAtMs = this.clock.now();
  }

  /** A request was refused, and the answer has left. */
  readonly refused = (refusal: Refusal): void => {
    this.counters.refusals += 1;
    this.tallies.refused(refusal);
    this.events.emit('refused', refusal);
  };
}
