import { checkOperation } from '../downlink/check-operation.ts';
import { PresenceTracker } from '../presence/presence-tracker.ts';
import { DownlinkQueue, type DownlinkQueueOptions } from '../queue/downlink-queue.ts';
import { DownlinkTurns } from '../queue/downlink-turns.ts';
import { MemoryOperationStore } from '../queue/memory-operation-store.ts';
import type { Foundation } from './foundation.ts';
import type { RegistrationFollower } from './registering.ts';

/** When endpoints can be reached, and what is sent to them then. */
export interface Downlink {
  readonly presence: PresenceTracker;
  readonly turns: DownlinkTurns;
  readonly queue: DownlinkQueue;
  readonly follower: RegistrationFollower;
}

/**
 * The downlink side of a server. `perform` sends an operation at once.
 *
 * @throws RangeError for an awake time that is none
 */
export function createDownlink(
  { options, clock, random, timers, report, events, table, tallies, counters, track }: Foundation,
  perform: DownlinkQueueOptions['perform'],
): Downlink {
  const find = table.byEndpointName.bind(table);
  const presence: PresenceTracker = new PresenceTracker({
    clock,
    timers,
    awakeTimeMs: options.awakeTimeMs,
    reportError: report,
    onChange: (endpoint, state) => {
      events.emit('presence', endpoint.registration, state);
      if (state.state === 'awake') return;
      turns.advance(endpoint);
      queue.asleep(endpoint);
    },
    onHeard: (endpoint) => {
      tallies.heard(endpoint);
      turns.heard(endpoint);
      queue.heard(endpoint);
    },
  });
  const turns = new DownlinkTurns({
    find,
    presence,
    clock,
    timers,
    onPerformed: ({ endpointName }, error) => {
      counters.operations += 1;
      for (const counter of tallies.performed(endpointName, error)) counters[counter] += 1;
    },
  });
  const queue = new DownlinkQueue({
    store: options.operationStore ?? new MemoryOperationStore(),
    turns,
    presence,
    find,
    check: checkOperation,
    perform,
    clock,
    timers,
    random,
    onChange: (operation) => events.emit('operation', operation),
    reportError: report,
    track,
  });
  const follower: RegistrationFollower = {
    restored: (endpoint) => presence.restored(endpoint),
    registered: (endpoint) => presence.heard(endpoint, 'register'),
    updated: (endpoint) => presence.heard(endpoint, 'update'),
    ended: (endpoint) => presence.ended(endpoint),
    // Not as soon as one has ended: what waits goes on with the registration that replaces it.
    deregistered: ({ endpointName }) => turns.ended(endpointName),
  };
  return { presence, turns, queue, follower };
}
