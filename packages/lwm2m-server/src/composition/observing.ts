import type { Notification } from '../api/observation.ts';
import { parsePolicies } from '../observation/observation-policy.ts';
import { Observations } from '../observation/observations.ts';
import type { PresenceTracker } from '../presence/presence-tracker.ts';
import type { Registration } from '../registration/registration.ts';
import type { Foundation } from './foundation.ts';

/**
 * The observations of a server, with what becomes of their values: handlers, events, counters.
 *
 * @throws TypeError for an observation policy whose path is none
 */
export function createObservations(
  { options, clock, report, events, timers, afterSent, counters, track }: Foundation,
  presence: PresenceTracker,
): Observations {
  const failed = (registration: Registration, path: string, error: unknown): void => {
    const reason = error instanceof Error ? error : new Error(String(error));
    afterSent.add(() => events.emit('observationFailed', registration, path, reason));
  };
  return new Observations(parsePolicies(options.observe ?? []), {
    objects: options.objects,
    clock,
    reportError: report,
    timers,
    onNotify: (notification: Notification) => options.onNotify?.(notification),
    track,
    heard: (endpoint) => presence.heard(endpoint, 'notification'),
    published: (notification) => {
      counters.notifications += 1;
      afterSent.add(() => events.emit('notification', notification));
    },
    undecodable: (registration, path, error) => {
      counters.undecodable += 1;
      failed(registration, path, error);
    },
    abandoned: (registration, path, error) => {
      counters.abandoned += 1;
      failed(registration, path, error);
    },
    failed,
    dropped: () => {
      counters.dropped += 1;
    },
  });
}
