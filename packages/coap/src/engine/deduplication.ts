import type { Clock, TimerQueue } from '@flownexus/datagram';
import type { CoapLimits } from '../limits.ts';
import { ExpiryList } from './expiry-list.ts';
import type { PeerState, ReceivedMessage } from './peer-state.ts';
import type { TransmissionTimes } from './transmission-parameters.ts';

export interface DeduplicationOptions {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly times: TransmissionTimes;
  readonly limits: CoapLimits;
  /** A bound made an entry leave before its time. */
  readonly onLimit: () => void;
}

/**
 * The Message IDs that peers used in the last EXCHANGE_LIFETIME (Confirmable) or NON_LIFETIME (Non-confirmable), with
 * the reply that each got (RFC 7252 §4.5). At a bound the oldest is forgotten.
 */
export class Deduplication {
  readonly #options: DeduplicationOptions;
  readonly #confirmable: ExpiryList<ReceivedMessage>;
  readonly #nonConfirmable: ExpiryList<ReceivedMessage>;
  #size = 0;
  #bytes = 0;

  constructor(options: DeduplicationOptions) {
    this.#options = options;
    const { clock, timers, times } = options;
    const onExpired = (entry: ReceivedMessage): void => this.#left(entry);
    this.#confirmable = new ExpiryList({ clock, timers, lifetimeMs: times.exchangeLifetimeMs, lifetimeOf, onExpired });
    this.#nonConfirmable = new ExpiryList({ clock, timers, lifetimeMs: times.nonLifetimeMs, lifetimeOf, onExpired });
  }

  /** Entries at present. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of replies at present. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The entry of a Message ID that a peer used before. */
  find(state: PeerState, messageId: number): ReceivedMessage | undefined {
    const entry = state.received.get(messageId);
    if (entry === undefined) return undefined;
    if (entry.expiresAtMs > this.#options.clock.now()) return entry;
    this.forget(entry); // the sweep comes a little late
    return undefined;
  }

  /** Remembers a Message ID that `find` doesn't know. */
  add(state: PeerState, messageId: number, confirmable: boolean): ReceivedMessage {
    if (state.received.size >= this.#options.limits.deduplicationPerPeer) {
      for (const oldest of state.received.values()) {
        this.#drop(oldest);
        break;
      }
    }
    if (this.#size >= this.#options.limits.deduplicationEntries) this.#dropOldest();
    const entry: ReceivedMessage = {
      state,
      messageId,
      confirmable,
      reply: undefined,
      expiresAtMs: 0,
      sinceMs: 0,
      previous: undefined,
      next: undefined,
    };
    state.received.set(messageId, entry);
    this.#listOf(entry).add(entry);
    this.#size += 1;
    return entry;
  }

  /** From now on duplicates get `reply`. */
  answered(entry: ReceivedMessage, reply: Uint8Array): void {
    if (entry.state.received.get(entry.messageId) !== entry) return;
    this.#bytes += reply.length - (entry.reply?.length ?? 0);
    entry.reply = reply;
    while (this.#bytes > this.#options.limits.deduplicationBytes && this.#size > 0) this.#dropOldest();
  }

  /** As if the message had been lost: its retransmission is processed anew. Harmless when the entry is gone. */
  forget(entry: ReceivedMessage): void {
    if (entry.state.received.get(entry.messageId) !== entry) return;
    this.#listOf(entry).remove(entry);
    this.#left(entry);
  }

  /** Forgets what a peer sent. */
  forgetPeer(state: PeerState): void {
    for (const entry of state.received.values()) this.forget(entry);
  }

  #listOf(entry: ReceivedMessage): ExpiryList<ReceivedMessage> {
    return entry.confirmable ? this.#confirmable : this.#nonConfirmable;
  }

  #left(entry: ReceivedMessage): void {
    entry.state.received.delete(entry.messageId);
    this.#size -= 1;
    this.#bytes -= entry.reply?.length ?? 0;
  }

  #drop(entry: ReceivedMessage): void {
    this.#options.onLimit();
    this.forget(entry);
  }

  #dropOldest(): void {
    const confirmable = this.#confirmable.first;
    const nonConfirmable = this.#nonConfirmable.first;
    const age = (entry: ReceivedMessage): number => entry.expiresAtMs - this.#listOf(entry).lifetimeMs;
    if (confirmable === undefined || (nonConfirmable !== undefined && age(nonConfirmable) < age(confirmable))) {
      if (nonConfirmable !== undefined) this.#drop(nonConfirmable);
    } else this.#drop(confirmable);
  }
}

function lifetimeOf({ state, confirmable }: ReceivedMessage): number {
  const { exchangeLifetimeMs, nonLifetimeMs } = state.settings.times;
  return confirmable ? exchangeLifetimeMs : nonLifetimeMs;
}
