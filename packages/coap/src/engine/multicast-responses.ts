import { Code, isSuccess } from '../code.ts';
import { OptionNumber } from '../options.ts';
import { setMessageId } from './datagram.ts';
import type { Engine } from './engine.ts';
import { GuardedBudget } from './guarded-budget.ts';
import type { PeerState } from './peer-state.ts';
import type { Slice } from './representations.ts';

/** What follows from a response. Exactly one of them is called. */
export interface DelayedListener {
  readonly onSent?: (() => void) | undefined;
  readonly onUnsent?: (() => void) | undefined;
}

/** A response that waits for its moment. */
interface Delayed {
  readonly listener: DelayedListener | undefined;
}

/** Success without a payload says something by these alone. */
const TELLING_OPTIONS: ReadonlySet<number> = new Set([
  OptionNumber.ETAG,
  OptionNumber.LOCATION_PATH,
  OptionNumber.LOCATION_QUERY,
]);

/**
 * Responses to requests that came by a group (RFC 7252 §8.2): those that say nothing are not sent, the others at a random
 * moment, so that the members of the group don't answer all at once.
 */
export class MulticastResponses {
  readonly #engine: Engine;
  readonly #budget: GuardedBudget;
  readonly #delayed = new Set<Delayed>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#budget = new GuardedBudget(engine.limits.delayedResponses);
  }

  /** Responses that wait for their moment. */
  get size(): number {
    return this.#delayed.size;
  }

  /** Whether a response is to be sent. */
  admits(state: PeerState, response: Slice): boolean {
    const { counters } = this.#engine;
    if (saysNothing(response)) {
      counters.suppressed += 1;
      return false;
    }
    if (this.#budget.admits(state)) return true;
    counters.limits += 1;
    return false;
  }

  /** Sends a Non-confirmable message within the Leisure. It gets its Message ID then. */
  delay(state: PeerState, datagram: Uint8Array, listener: DelayedListener | undefined): void {
    const { timers, random } = this.#engine;
    const leisureMs = state.settings.parameters.leisureMs * random.unit();
    const delayed = { listener };
    this.#delayed.add(delayed);
    const release = this.#budget.hold(state);
    state.processing += 1; // as long as the handler's work is not done the peer is not forgotten
    timers.schedule(leisureMs, () => {
      this.#delayed.delete(delayed);
      release();
      state.processing -= 1;
      if (this.#send(state, datagram)) listener?.onSent?.();
      else listener?.onUnsent?.();
    });
  }

  /** None of those that wait is sent. The timers go with the endpoint. */
  close(): void {
    for (const { listener } of this.#delayed) listener?.onUnsent?.();
    this.#delayed.clear();
  }

  #send(state: PeerState, datagram: Uint8Array): boolean {
    if (state.closedWith !== undefined) return false;
    const messageId = state.messageIds.take();
    if (messageId === undefined) {
      this.#engine.counters.limits += 1;
      return false;
    }
    setMessageId(datagram, messageId);
    this.#engine.send(state, datagram);
    return true;
  }
}

/** RFC 7252 §8.2: an error, or a success that has only an empty payload to tell. */
function saysNothing({ code, options, payload }: Slice): boolean {
  // RFC 9175 §2.3: a challenge is an error that says how to go on.
  if (!isSuccess(code)) return !options.some(({ number }) => number === OptionNumber.ECHO);
  if (payload.length > 0) return false;
  // RFC 6690 §4.1: an empty list is no answer, whatever describes it.
  return code === Code.CONTENT || !options.some(({ number }) => TELLING_OPTIONS.has(number));
}
