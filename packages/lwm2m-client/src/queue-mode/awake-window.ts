import type { Clock, Timer } from '@flownexus/datagram';

/** What a device in queue mode does. */
export interface QueueModeOptions {
  /** How long it listens after the last message, in milliseconds; default 93 000 (MAX_TRANSMIT_WAIT, TS Core §6.5). */
  readonly awakeTimeMs?: number;
  /**
   * What it does when it wakes up: `update` goes on over the association that it has, as with a Connection ID; `handshake` sends the
   * Update over a new one; `register` registers anew over a new one, which is what Zephyr does by default. Default `update`.
   */
  readonly onWake?: 'update' | 'handshake' | 'register';
}

/** TS Core §6.5. */
const DEFAULT_AWAKE_TIME_MS = 93_000;

/** The time that a device in queue mode listens after each message, before it sleeps. */
export class AwakeWindow {
  readonly #clock: Clock;
  readonly #awakeTimeMs: number;
  readonly #onOver: () => void;
  #timer: Timer | undefined;
  #lastActivityAt = 0;

  /** `onOver` is called when the window is over. */
  constructor(clock: Clock, { awakeTimeMs = DEFAULT_AWAKE_TIME_MS }: QueueModeOptions, onOver: () => void) {
    this.#clock = clock;
    this.#awakeTimeMs = awakeTimeMs;
    this.#onOver = onOver;
  }

  /** A message was sent or came: the window begins anew. */
  activity(): void {
    this.#lastActivityAt = this.#clock.now();
    this.#timer ??= this.#start(this.#awakeTimeMs);
  }

  /** Ends the window without a word. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #start(delayMs: number): Timer {
    return this.#clock.schedule(delayMs, () => {
      const leftMs = this.#lastActivityAt + this.#awakeTimeMs - this.#clock.now();
      this.#timer = leftMs > 0 ? this.#start(leftMs) : undefined;
      if (leftMs <= 0) this.#onOver();
    });
  }
}
