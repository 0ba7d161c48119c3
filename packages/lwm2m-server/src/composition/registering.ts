import { Profiles } from '../registration/profiles.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { RegistrationEnds } from '../registration/registration-ends.ts';
import { RegistrationInterface } from '../registration/registration-interface.ts';
import type { RegistrationObserver } from '../registration/registration-observer.ts';
import { Restoration } from '../registration/restoration.ts';
import { Safekeeping } from '../registration/safekeeping.ts';
import { SerialByKey } from '../registration/serial-by-key.ts';
import { Admission } from '../security/admission.ts';
import { Authorization } from '../security/authorization.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import type { CoapEndpoints } from './coap-endpoints.ts';
import type { Foundation } from './foundation.ts';

/** TS Core leaves it to the server how long it waits: one MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2) for an Update under way. */
const DEFAULT_GRACE_PERIOD_MS = 93_000;

/** A part that follows the registrations. It is told after the listeners of the events. */
export interface RegistrationFollower
  extends
    Pick<RegistrationObserver, 'registered' | 'updated' | 'ended'>,
    Partial<Pick<RegistrationObserver, 'deregistered'>> {
  /** A registration from before a restart; `reachable` says whether the transport still knows its peer. */
  restored?(endpoint: RegisteredEndpoint): void;
}

/** The parts of a server that registrations are made of. */
export interface Registering {
  readonly registrations: RegistrationInterface;
  readonly ends: RegistrationEnds;
  readonly admission: Admission;
  /** Undefined where nothing is kept over a restart. */
  readonly restoration: Restoration | undefined;
}

/**
 * The registration interface of a server, with its events and counters. `followers` are called in their order.
 *
 * @throws RangeError for a grace period that is none
 * @throws TypeError for a profile that is no object list
 */
export function createRegistering(
  foundation: Foundation,
  credentials: readonly CredentialStore[],
  endpoints: CoapEndpoints,
  followers: readonly RegistrationFollower[],
): Registering {
  const { options, clock, random, report, timers, table, track } = foundation;
  const store = options.registrationStore;
  const observer = createObserver(foundation, followers);
  const serial = new SerialByKey();
  const safekeeping = new Safekeeping({
    handlers: options,
    store,
    addressOf: (coap) => endpoints.addressOf(coap),
    reportError: report,
  });
  const gracePeriodMs = options.gracePeriodMs ?? DEFAULT_GRACE_PERIOD_MS;
  const ends = new RegistrationEnds({ table, serial, safekeeping, observer, timers, gracePeriodMs, track });
  const admission = new Admission({
    authorization: new Authorization(credentials),
    rules: options,
    registrationOf: (endpointName) => table.byEndpointName(endpointName)?.registration,
    reportError: report,
  });
  const registrations = new RegistrationInterface({
    table,
    serial,
    ends,
    safekeeping,
    admission,
    refusals: { reportError: report, refused: foundation.refused },
    profiles: new Profiles(options.profiles),
    observer,
    proverOf: (coap) => endpoints.proverOf(coap),
    clock,
    random,
  });
  const restoration =
    store &&
    new Restoration({
      store,
      table,
      ends,
      isStill: (registration) => admission.isStill(registration),
      reportError: report,
      clock,
    });
  return { registrations, ends, admission, restoration };
}

function createObserver(
  { options, counters, events }: Foundation,
  followers: readonly RegistrationFollower[],
): RegistrationObserver {
  // What is known of the device now was not when its peer was heard first.
  const refreshPeerSettings = ({ coap, peer }: RegisteredEndpoint): void => {
    if (options.peerSettings !== undefined) coap.refreshPeerSettings(peer);
  };
  return {
    registered: (endpoint) => {
      counters.registers += 1;
      refreshPeerSettings(endpoint);
      events.emit('registered', endpoint.registration);
      for (const follower of followers) follower.registered(endpoint);
    },
    updated: (endpoint, previous, moved) => {
      counters.updates += 1;
      endpoint.updates += 1;
      refreshPeerSettings(endpoint);
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
  };
}
