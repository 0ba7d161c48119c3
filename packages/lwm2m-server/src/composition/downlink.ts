import { PresenceTracker } from '../presence/presence-tracker.ts';
import { DownlinkTurns } from '../queue/downlink-turns.ts';
import type { Foundation } from './foundation.ts';
import type { RegistrationFollower } from './registering.ts';

/** When endpoints can be reached, and what is sent to them then. */
export interface Downlink {
  readonly presence: PresenceTracker;
  readonly turns: DownlinkTurns;
  readonly follower: RegistrationFollower;
}

/**
 * The downlink side of a server.
 *
 * @throws RangeError for an awake time that is none
 */
export function createDownlink({ options, clock, timers, report, events, table }: Foundation): Downlink {
  const presence: PresenceTracker = new PresenceTracker({
    clock,
    timers,
    awakeTimeMs: options.awakeTimeMs,
    reportError: report,
    onChange: (endpoint, state) => events.emit('presence', endpoint.registration, state),
    onHeard: (endpoint) => turns.heard(endpoint),
  });
  const find = table.byEndpointName.bind(table);
  const turns = new DownlinkTurns({ find, presence, clock, timers });
  const follower: RegistrationFollower = {
    restored: (endpoint) => presence.restored(endpoint),
    registered: (endpoint) => presence.heard(endpoint, 'register'),
    updated: (endpoint) => presence.heard(endpoint, 'update'),
    ended: (endpoint) => presence.ended(endpoint),
    // Not as soon as one has ended: what waits goes on with the registration that replaces it.
    deregistered: ({ endpointName }) => turns.ended(endpointName),
  };
  return { presence, turns, follower };
}
