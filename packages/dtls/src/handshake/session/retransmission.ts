import type { Timer, TimerQueue } from '@flownexus/datagram';
import type { DtlsLimits } from '../../limits.ts';

/** What a `Retransmission` counts in, and whom it tells. */
export interface RetransmissionOptions {
  readonly timers: TimerQueue;
  readonly limits: Pick<DtlsLimits, 'firstRetransmissionMs' | 'longestRetransmissionMs' | 'retransmissions'>;
  /** The flight has to go again. */
  onDue(): void;
  /** The flight went as often as it may, and the time to wait for an answer is over. */
  onExhausted(): void;
}

/**
 * When a flight goes again (RFC 6347 §4.2.4): by a timer that doubles, and when the peer repeats its own flight. Each time-out is
 * waited for in two halves. In the first the peer gets no answer to a repetition: its timer and ours run out at about the same time, and each
 * would set off the other's flight once more.
 */
export class Retransmission {
  readonly #options: RetransmissionOptions;
  #timeoutMs: number;
  #timer: Timer | undefined;
  #state: 'idle' | 'quiet' | 'open' | 'paused' = 'idle';
  #final = false;
  #count = 0;
  #answers = 0;

  constructor(options: RetransmissionOptions) {
    this.#options = options;
    this.#timeoutMs = options.limits.firstRetransmissionMs;
  }

  /** How often the present flight went again by the timer. */
  get count(): number {
    return this.#count;
  }

  /** A new flight leaves. A `final` one goes again only by `answer`. */
  begin(final: boolean): void {
    // RFC 6347 §4.2.4.1: the time-out is kept until a flight gets through without loss.
    if (this.#count === 0 || final) this.#timeoutMs = this.#options.limits.firstRetransmissionMs;
    this.#final = final;
    this.#count = 0;
    this.#answers = 0;
    this.#wait();
  }

  /**
   * Whether the flight goes again because the peer asks for it by repeating its own; if so the time-out begins anew. At most once in half of
   * the time-out, and as often as by the timer: what repeats messages of epoch 0 may not be the peer.
   */
  answer(): boolean {
    if (this.#state !== 'open' || this.#answers >= this.#options.limits.retransmissions) return false;
    this.#answers += 1;
    this.#wait();
    return true;
  }

  /** Nothing goes again before `resume`: the answer to the flight is here and under way to be understood. */
  pause(): void {
    if (this.#state === 'idle') return;
    this.stop();
    this.#state = 'paused';
  }

  /** Waits for the whole present time-out again if it was paused. */
  resume(): void {
    if (this.#state === 'paused') this.#wait();
  }

  /** Nothing goes again. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#state = 'idle';
  }

  #wait(): void {
    this.#timer?.cancel();
    this.#state = 'quiet';
    this.#timer = this.#options.timers.schedule(this.#timeoutMs / 2, () => {
      this.#state = 'open';
      this.#timer = this.#final ? undefined : this.#options.timers.schedule(this.#timeoutMs / 2, () => this.#expire());
    });
  }

  #expire(): void {
    const { limits } = this.#options;
    if (this.#count >= limits.retransmissions) {
      this.stop();
      this.#options.onExhausted();
      return;
    }
    this.#count += 1;
    this.#timeoutMs = Math.min(2 * this.#timeoutMs, limits.longestRetransmissionMs);
    this.#wait();
    this.#options.onDue();
  }
}
