import type { Timer } from '@flownexus/datagram';
import type { Presence } from './presence.ts';

/** What `PresenceTracker` keeps of one endpoint: only of those in queue mode, and of others once they did not answer. */
export interface EndpointPresence {
  presence: Presence;
  /** On the monotonic clock. */
  heardAtMs: number;
  /** Ends the awake time; undefined while nothing will end it. */
  timer: Timer | undefined;
}
