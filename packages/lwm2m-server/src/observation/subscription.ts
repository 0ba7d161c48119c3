import type { Timer } from '@flownexus/datagram';
import type { Path } from '@flownexus/lwm2m-core';
import type { CancelOptions, DeviceObservation, Notification } from '../api/observation.ts';
import type { OperationResult } from '../downlink/operation.ts';
import { Lwm2mServerError } from '../errors.ts';
import { limits } from '../limits.ts';
import { checkTimeout } from '../queue/downlink-turns.ts';
import type { ObservationTerms } from './observation-target.ts';

/** The observation that a {@link Subscription} has a share in. */
export interface Attachment {
  /** The caller wants no more: resolves when the device knows, where it has to and is told, to its answer. */
  release(options: CancelOptions): Promise<OperationResult | undefined>;
  /** The share has ended. The device is not told. */
  leave(): void;
}

/** Who hears of what has no caller to go to. */
export interface SubscriptionOwner {
  /** A notification was dropped, since the iterator did not take them fast enough. */
  dropped(): void;
  reportError(error: unknown, context: string): void;
}

/** One caller's share of an observation: a bounded buffer between the device and an iterator. */
export class Subscription implements DeviceObservation {
  readonly path: Path;
  /** How the caller wants it. */
  readonly terms: ObservationTerms;
  readonly established: Promise<Notification>;
  /** Undefined until it has a share. */
  attachment: Attachment | undefined;
  /** Called once when it has ended, in whichever way. */
  onEnded: (() => void) | undefined;
  /** Limits the wait for the first answer; cancelled when `established` is settled. */
  waitTimer: Timer | undefined;
  readonly #owner: SubscriptionOwner;
  readonly #settle: PromiseWithResolvers<Notification> = Promise.withResolvers();
  #buffer: Notification[] = [];
  #takers: PromiseWithResolvers<IteratorResult<Notification, undefined>>[] = [];
  #end: { readonly error: unknown } | 'done' | undefined;

  constructor(path: Path, terms: ObservationTerms, owner: SubscriptionOwner) {
    this.path = path;
    this.terms = terms;
    this.#owner = owner;
    this.established = this.#settle.promise;
    // A caller that only iterates hears of the failure there; its unused promise is no unhandled rejection.
    this.established.catch(() => undefined);
  }

  /** Settles `established`. */
  establish(first: Notification): void {
    this.waitTimer?.cancel();
    this.#settle.resolve(first);
  }

  deliver(notification: Notification): void {
    if (this.#end !== undefined) return;
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker.resolve({ done: false, value: notification });
      return;
    }
    this.#buffer.push(notification);
    if (this.#buffer.length > limits.maxBufferedNotifications) {
      this.#buffer.shift();
      this.#owner.dropped();
    }
  }

  /** Ends it against the caller's will. What is buffered can still be taken; then the iterator throws `error`, once. */
  fail(error: unknown): void {
    if (this.#end !== undefined) return;
    this.waitTimer?.cancel();
    this.#settle.reject(error);
    this.#end = { error };
    this.onEnded?.();
    const [first, ...others] = this.#takers.splice(0);
    if (first === undefined) return;
    this.#end = 'done';
    first.reject(error);
    for (const taker of others) taker.resolve({ done: true, value: undefined });
  }

  /** Ends it quietly: the caller has cancelled. `reason` is for an `established` that nothing has settled yet. */
  #finish(reason: unknown): void {
    this.waitTimer?.cancel();
    this.#settle.reject(reason);
    this.#end = 'done';
    this.onEnded?.();
    this.#buffer = [];
    for (const taker of this.#takers.splice(0)) taker.resolve({ done: true, value: undefined });
  }

  /** Whether it has ended, in whichever way. */
  get over(): boolean {
    return this.#end !== undefined;
  }

  /** Ends it against the caller's will, and its share with it. */
  giveUp(error: unknown): void {
    this.fail(error);
    this.attachment?.leave();
  }

  async cancel(options: CancelOptions = {}): Promise<OperationResult | undefined> {
    checkTimeout(options);
    if (this.#end !== undefined) return undefined;
    this.#finish(new Lwm2mServerError('ERR_LWM2M_SERVER_ABORTED', 'the caller cancelled the observation'));
    return this.attachment?.release(options);
  }

  /** All iterators share one buffer: each notification goes to one of them. Leaving the loop cancels. */
  [Symbol.asyncIterator](): AsyncIterator<Notification, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        // The loop is left at once, however long a sleeping device takes to hear of it.
        this.cancel().catch((error: unknown) => {
          this.#owner.reportError(error, 'an observation that was left could not be cancelled at the device');
        });
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #next(): Promise<IteratorResult<Notification, undefined>> {
    const value = this.#buffer.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    const end = this.#end;
    if (end === 'done') return Promise.resolve({ done: true, value: undefined });
    if (end !== undefined) {
      this.#end = 'done';
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is passed on as it came
      return Promise.reject(end.error);
    }
    if (this.#takers.length >= limits.maxWaitingTakes) {
      const message = `${limits.maxWaitingTakes} calls of next() wait already`;
      return Promise.reject(new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', message));
    }
    const taker = Promise.withResolvers<IteratorResult<Notification, undefined>>();
    this.#takers.push(taker);
    return taker.promise;
  }
}
