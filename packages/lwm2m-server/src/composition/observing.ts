import type { Notification } from '../api/observation.ts';
import { ObservationRecords } from '../observation/observation-records.ts';
import { Observations } from '../observation/observations.ts';
import type { Registration } from '../registration/registration.ts';
import type { Downlink } from './downlink.ts';
import type { Foundation } from './foundation.ts';

/**
 * The observations of a server, with what becomes of their values: handlers, events, counters.
 *
 * @throws TypeError for an observation policy whose path is none
 * @throws RangeError for one whose attributes have no form
 */
export function createObservations(
  { options, clock, report, events, timers, afterSent, counters, tallies, table, track }: Foundation,
  { presence, turns }: Pick<Downlink, 'presence' | 'turns'>,
): Observations {
  const failed = (registration: Registration, path: string, error: unknown): void => {
    const reason = error instanceof Error ? error : new Error(String(error));
    tallies.failed(registration.endpointName, `observation of ${path}: ${reason.message}`);
    afterSent.add(() => events.emit('observationFailed', registration, path, reason));
  };
  const observations = new Observations({
    policies: options.observe ?? [],
    registered: () => table.endpoints(),
    objects: options.objects,
    clock,
    reportError: report,
    timers,
    turns,
    records: new ObservationRecords({ store: options.observationStore, reportError: report, track }),
    rules: options,
    onNotify: (notification: Notification) => options.onNotify?.(notification),
    track,
    heard: (endpoint) => {
      // Not before the acknowledgement, unless a handler is slow: requests go out now.
      afterSent.add(() => {
        presence.heard(endpoint, 'notification');
        observations.heard(endpoint);
      });
    },
    published: (notification) => {
      counters.notifications += 1;
      tallies.count(notification.registration.endpointName, 'notifications');
      afterSent.add(() => events.emit('notification', notification));
    },
    undecodable: (registration, path, error) => {
      counters.undecodable += 1;
      tallies.count(registration.endpointName, 'undecodable');
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
  return observations;
}
