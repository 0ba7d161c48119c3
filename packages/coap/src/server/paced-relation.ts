import type { Clock, Timer, TimerQueue } from '@flownexus/datagram';
import type { CoapReply, ObserveRelation } from '../api.ts';
import { Code, isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import { MAX_CONFIRMABLE_INTERVAL_MS, type Pacing } from './pacing.ts';

/** What the relations of a router share. */
export interface RelationContext {
  readonly clock: Clock;
  readonly timers: TimerQueue;
}

/** What the owner of a relation hears of it. */
export interface PacedRelationListener {
  /** A notification may go now: `ready` says no more than before. */
  onReady(relation: PacedRelation): void;
  /** The last notification was not sent and the relation goes on: a bound was in the way. */
  onUnsent(relation: PacedRelation): void;
  /** Called once: there is no such observer any more. */
  onGone(relation: PacedRelation): void;
}

/** A bound was in the way: tried again after this time. */
const RETRY_MS = 3000;

/**
 * One observer, notified no faster than it should be: one Confirmable notification at a time (RFC 7641 §4.5.1, §4.5.2),
 * Non-confirmable ones apart in time.
 */
export class PacedRelation {
  readonly #context: RelationContext;
  readonly #relation: ObserveRelation;
  readonly #listener: PacedRelationListener;
  readonly #pacing: Pacing;
  readonly #confirmable: boolean;
  /** `new`: the request that registered it is not answered. */
  #phase: 'new' | 'idle' | 'sending' | 'gone' = 'new';
  /** Undefined until a reply has told: 2.03 has no Content-Format (RFC 7252 §5.9.1.3). */
  #format: { readonly contentFormat: number | undefined } | undefined;
  #earliestMs = -Infinity;
  #timer: Timer | undefined;
  /** Since the latest Confirmable one. */
  #nonConfirmable = 0;
  #confirmedAtMs: number;
  /** The notification to end with, as soon as one can be sent. */
  #last: CoapReply | undefined;

  constructor(
    context: RelationContext,
    relation: ObserveRelation,
    listener: PacedRelationListener,
    pacing: Pacing,
    confirmable: boolean,
  ) {
    this.#context = context;
    this.#relation = relation;
    this.#listener = listener;
    this.#pacing = pacing;
    this.#confirmable = pacing.confirmable === 'auto' ? confirmable : pacing.confirmable;
    this.#confirmedAtMs = context.clock.now();
    relation.onEnd = () => this.#leave();
  }

  /** The reply to the request that registered it, so that notifications can begin when it has been sent. */
  established(reply: CoapReply): CoapReply {
    if (this.#phase === 'gone') return reply;
    if (!isSuccess(reply.code)) {
      this.leave();
      return reply;
    }
    this.#keepsFormat(reply);
    return {
      ...reply,
      afterSent: () => {
        this.#settle();
        reply.afterSent?.();
      },
      onUnsent: () => {
        this.leave();
        reply.onUnsent?.();
      },
    };
  }

  /** Whether a notification may go now. If not, `onReady` is called when it may. */
  get ready(): boolean {
    if (this.#phase !== 'idle') return false;
    const waitMs = this.#earliestMs - this.#context.clock.now();
    if (waitMs <= 0) return true;
    this.#timer ??= this.#context.timers.schedule(waitMs, () => {
      this.#timer = undefined;
      this.#listener.onReady(this);
    });
    return false;
  }

  /** Sends a notification; it has to be ready. One with an error code is the last. */
  notify(reply: CoapReply): void {
    if (!isSuccess(reply.code)) this.end(reply);
    // RFC 7641 §4.2: the format does not change while an observation lasts.
    else if (!this.#keepsFormat(reply)) this.end({ code: Code.NOT_ACCEPTABLE });
    else this.#notify(reply, this.#confirmable || this.#isConfirmationDue());
  }

  /** Ends with an error as the last notification, when the one on its way is acknowledged. */
  end(reply: CoapReply): void {
    this.#last ??= reply;
    if (this.#phase === 'idle') this.#sendLast(this.#last);
  }

  /** Ends without a message. */
  leave(): void {
    this.#relation.end();
    this.#leave();
  }

  #notify(reply: CoapReply, confirmable: boolean): void {
    const now = this.#context.clock.now();
    const { confirmableIntervalMs, nonConfirmableIntervalMs } = this.#pacing;
    this.#phase = 'sending';
    this.#earliestMs = now + (confirmable ? confirmableIntervalMs : nonConfirmableIntervalMs);
    if (confirmable) {
      this.#nonConfirmable = 0;
      this.#confirmedAtMs = now;
    } else this.#nonConfirmable += 1;
    this.#relation.notify(reply, { confirmable }).then(
      () => this.#settle(),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Whether a reply has the format of those before; the first that has one decides. */
  #keepsFormat({ code, contentFormat }: CoapReply): boolean {
    if (code === Code.VALID) return true;
    this.#format ??= { contentFormat };
    return this.#format.contentFormat === contentFormat;
  }

  #isConfirmationDue(): boolean {
    return (
      this.#nonConfirmable >= this.#pacing.confirmableEvery - 1 ||
      this.#context.clock.now() - this.#confirmedAtMs >= MAX_CONFIRMABLE_INTERVAL_MS
    );
  }

  #settle(): void {
    if (this.#phase === 'gone') return;
    this.#phase = 'idle';
    if (this.#last !== undefined) this.#sendLast(this.#last);
    else this.#listener.onReady(this);
  }

  #fail(error: unknown): void {
    // A time-out or a Reset has ended the relation already.
    if (this.#phase === 'gone') return;
    if (error instanceof CoapError && error.code === 'ERR_COAP_LIMIT') {
      this.#earliestMs = this.#context.clock.now() + RETRY_MS;
      this.#listener.onUnsent(this);
    } else {
      this.#relation.reportError(error, 'notification');
      this.#last ??= { code: Code.INTERNAL_SERVER_ERROR };
    }
    this.#settle();
  }

  /** Confirmable whatever the others are: an observer that misses it would believe in the state before. */
  #sendLast(reply: CoapReply): void {
    this.#phase = 'sending';
    this.#relation.notify(reply, { confirmable: true }).then(
      () => this.leave(),
      (error: unknown) => {
        if (this.#phase !== 'gone' && !(error instanceof CoapError)) this.#relation.reportError(error, 'notification');
        this.leave();
      },
    );
  }

  #leave(): void {
    if (this.#phase === 'gone') return;
    this.#phase = 'gone';
    this.#timer?.cancel();
    this.#listener.onGone(this);
  }
}
