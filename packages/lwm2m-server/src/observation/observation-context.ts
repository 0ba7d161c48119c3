import type { TimerQueue } from '@flownexus/datagram';
import type { Notification } from '../api/observation.ts';
import type { Rules } from '../api/rules.ts';
import type { DecodingContext } from '../downlink/answer.ts';
import type { ErrorReporter } from '../events.ts';
import type { DownlinkTurns } from '../queue/downlink-turns.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { Registration } from '../registration/registration.ts';
import type { ObservationRecords } from './observation-records.ts';

/** What all observations share. */
export interface ObservationContext extends DecodingContext {
  readonly reportError: ErrorReporter;
  readonly timers: TimerQueue;
  readonly turns: Pick<DownlinkTurns, 'run'>;
  readonly records: ObservationRecords;
  readonly rules: Pick<Rules, 'filterValues'>;
  /** The caller's handler. */
  onNotify(notification: Notification): void | Promise<void>;
  /** Notes work that `stop` waits for; returns it. */
  track<T>(work: Promise<T>): Promise<T>;
  /** A notification came from the device: it is awake. */
  heard(endpoint: RegisteredEndpoint): void;
  /** A value is safe: its event is due once the acknowledgement has left. */
  published(notification: Notification): void;
  /** A notification did not decode. */
  undecodable(registration: Registration, path: string, error: unknown): void;
  /** A notification in blocks was lost. */
  abandoned(registration: Registration, path: string, error: unknown): void;
  /** An observation that the server keeps up by itself could not be established, or ended; or it goes on without its attributes. */
  failed(registration: Registration, path: string, error: unknown): void;
  /** A notification was dropped, since an iterator took them too slowly. */
  dropped(registration: Registration): void;
}
