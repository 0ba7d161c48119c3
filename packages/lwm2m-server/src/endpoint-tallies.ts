import { sameIdentity, type Clock } from '@flownexus/datagram';
import type { Refusal } from './api/events.ts';
import { newTally, type EndpointStatistics, type EndpointTally } from './endpoint-statistics.ts';
import { attemptFailureOf, showsPresence } from './queue/attempt-failure.ts';
import type { RegisteredEndpoint } from './registration/registered-endpoint.ts';
import type { RegistrationTable } from './registration/registration-table.ts';

type Counter = Exclude<keyof EndpointTally, 'lastHeardAt' | 'lastError'>;

/** Counts what happens with single endpoints. Of those that are not registered nothing is kept. */
export class EndpointTallies {
  readonly #table: Pick<RegistrationTable, 'byEndpointName'>;
  readonly #clock: Clock;

  constructor(table: Pick<RegistrationTable, 'byEndpointName'>, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** A snapshot; undefined for an endpoint that is not registered. */
  of(endpointName: string): EndpointStatistics | undefined {
    const endpoint = this.#table.byEndpointName(endpointName);
    if (endpoint === undefined) return undefined;
    const { registers, updates, tally = newTally(endpoint.registration.updatedAt) } = endpoint;
    return { registers, updates, ...tally };
  }

  count(endpointName: string, counter: Counter): void {
    const tally = this.#tallyOf(endpointName);
    if (tally !== undefined) tally[counter] += 1;
  }

  /** Something of an endpoint went wrong. */
  failed(endpointName: string, message: string): void {
    const tally = this.#tallyOf(endpointName);
    if (tally !== undefined) tally.lastError = { at: this.#clock.wallTime(), message };
  }

  /** Something came from an endpoint. */
  heard({ tally }: RegisteredEndpoint): void {
    // Without a tally nothing has come since the latest Register: the registration itself knows when.
    if (tally !== undefined) tally.lastHeardAt = this.#clock.wallTime();
  }

  /** A request was refused. One of a stranger, who names an endpoint that is not his, is none of the endpoint. */
  refused({ endpointName, identity, operation, code, reason }: Refusal): void {
    const registration =
      endpointName === undefined ? undefined : this.#table.byEndpointName(endpointName)?.registration;
    if (registration === undefined || !sameIdentity(registration.identity, identity)) return;
    this.count(registration.endpointName, 'refusals');
    this.failed(registration.endpointName, `${operation} refused: ${code} ${reason}`);
  }

  /** An operation on an endpoint ended, with an error or without. Returns what it counts as, beside an operation. */
  performed(endpointName: string, error: unknown): readonly ('answers' | 'rejections' | 'timeouts')[] {
    this.count(endpointName, 'operations');
    const outcome = outcomeOf(error);
    for (const counter of outcome) this.count(endpointName, counter);
    if (error !== undefined) this.failed(endpointName, attemptFailureOf(error).message);
    return outcome;
  }

  #tallyOf(endpointName: string): EndpointTally | undefined {
    const endpoint = this.#table.byEndpointName(endpointName);
    return endpoint && (endpoint.tally ??= newTally(endpoint.registration.updatedAt));
  }
}

function outcomeOf(error: unknown): readonly ('answers' | 'rejections' | 'timeouts')[] {
  if (error === undefined) return ['answers'];
  const failure = attemptFailureOf(error);
  if (failure.responseCode !== undefined) return ['answers', 'rejections'];
  const present = showsPresence(failure);
  if (present === undefined) return [];
  return present ? ['answers'] : ['timeouts'];
}
