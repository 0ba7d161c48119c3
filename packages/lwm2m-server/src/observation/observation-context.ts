import type { TimerQueue } from '@flownexus/datagram';
import type { Notification } from '../api/observation.ts';
import type { DecodingContext } from '../downlink/answer.ts';
import type { ErrorReporter } from '../events.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { Registration } from '../registration/registration.ts';

/** What all observations share. */
export interface ObservationContext extends DecodingContext {
  readonly reportError: ErrorReporter;
  readonly timers: TimerQueue;
  /** The caller's handler. */
  onNotify(notification: Notification): void | Promise<void>;
  /** Notes work that `stop` waits for; returns it. */
  track(work: Promise<void>): Promise<void>;
  /** A notification came from the device: it is awake. */
  heard(endpoint: RegisteredEndpoint): void;
  /** A value is safe: its event is due once the acknowledgement has left. */
  published(notification: Notification): void;
  /** A notification did not decode. */
  undecodable(registration: Registration, path: string, error: unknown): void;
  /** A notification in blocks was lost. */
  abandoned(registration: Registration, path: string, error: unknown): void;
  /** A policy's observation could not be established, or ended. */
  failed(registration: Registration, path: string, error: unknown): void;
  /** A notification was dropped, since an iterator took them too slowly. */
  dropped(): void;
}
