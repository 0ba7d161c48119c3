import type { RegistrationObserver } from '../registration/registration-observer.ts';
import { RegistrationInterface } from '../registration/registration-interface.ts';
import { Authorization } from '../security/authorization.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import type { Foundation } from './foundation.ts';

/** TS Core leaves it to the server how long it waits: one MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2) for an Update under way. */
const DEFAULT_GRACE_PERIOD_MS = 93_000;

/** What other parts are told of registrations, after listeners of the events. */
export type RegistrationFollower = Pick<RegistrationObserver, 'registered' | 'updated' | 'ended'> &
  Partial<Pick<RegistrationObserver, 'deregistered'>>;

/**
 * The registration interface of a server, with its events and counters. `followers` are called in their order.
 *
 * @throws RangeError for a grace period that is none
 */
export function createRegistrations(
  foundation: Foundation,
  credentials: readonly CredentialStore[],
  proverOf: RegistrationInterfaceOptions['proverOf'],
  followers: readonly RegistrationFollower[],
): RegistrationInterface {
  const { options, clock, random, report, timers, table, track } = foundation;
  return new RegistrationInterface({
    table,
    authorization: new Authorization(credentials),
    proverOf,
    handlers: options,
    observer: observer(foundation, followers),
    reportError: report,
    clock,
    random,
    timers,
    gracePeriodMs: options.gracePeriodMs ?? DEFAULT_GRACE_PERIOD_MS,
    track,
  });
}

type RegistrationInterfaceOptions = ConstructorParameters<typeof RegistrationInterface>[0];

function observer(
  { counters, events, refused }: Foundation,
  followers: readonly RegistrationFollower[],
): RegistrationObserver {
  return {
    registered: (endpoint) => {
      counters.registers += 1;
      events.emit('registered', endpoint.registration);
      for (const follower of followers) follower.registered(endpoint);
    },
    updated: (endpoint, previous, moved) => {
      counters.updates += 1;
      events.emit('updated', endpoint.registration, previous);
      for (const follower of followers) follower.updated(endpoint, previous, moved);
    },
    ended: (endpoint) => {
      for (const follower of followers) follower.ended(endpoint);
    },
    deregistered: (registration, reason) => {
      if (reason === 'deregistered') counters.deregisters += 1;
      else if (reason === 'expired') counters.expiries += 1;
      else if (reason === 'revoked') counters.revocations += 1;
      events.emit('deregistered', registration, reason);
      for (const follower of followers) follower.deregistered?.(registration, reason);
    },
    refused,
  };
}
