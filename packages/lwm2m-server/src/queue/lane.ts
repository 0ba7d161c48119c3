import type { OperationOptions } from '../api/device.ts';
import type { Lwm2mServerError } from '../errors.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';

/** An operation that waits for its device to wake, or for its turn. */
export interface WaitingTurn {
  readonly whenAsleep: NonNullable<OperationOptions['whenAsleep']>;
  start(endpoint: RegisteredEndpoint): void;
  fail(error: Lwm2mServerError): void;
}

/** An operation under way. */
export interface RunningTurn {
  /** `Peer.key` of the device when it began. */
  readonly peerKey: string;
  /** Ends it before its time. */
  readonly controller: AbortController;
  /** On the monotonic clock: when it began, and when the device was last heard since. */
  readonly startedAtMs: number;
  heardAtMs: number;
  /** The device is another peer meanwhile: no answer can come any more. */
  lost: boolean;
}

/** The operations of one endpoint name: those under way, and in their order those that wait. */
export class Lane {
  readonly endpointName: string;
  readonly waiting: Set<WaitingTurn> = new Set();
  readonly running: Set<RunningTurn> = new Set();

  constructor(endpointName: string) {
    this.endpointName = endpointName;
  }

  get isEmpty(): boolean {
    return this.waiting.size === 0 && this.running.size === 0;
  }

  /** The first that may be sent in the state that the device is in. */
  next(awake: boolean): WaitingTurn | undefined {
    for (const turn of this.waiting) if (awake || turn.whenAsleep === 'send') return turn;
    return undefined;
  }
}
