import type { Clock, Timer } from '@flownexus/datagram';
import type { ReportedValue } from '../reporting/send.ts';
import { LogRing } from './log-ring.ts';

/** Sends values to a server, as `Lwm2mClient.send` does: what it rejects for was not sent, and stays. */
export type SendIncrement = (values: readonly ReportedValue[]) => Promise<void>;

/**
 * What was logged since it was last sent (LogDataIncremental, /20/x/4016): sent when the interval since the last Send is over and there is something new, whichever is
 * later (/20/x/4017). What was not delivered stays, and is sent with what follows.
 */
export class Increments {
  readonly #clock: Clock;
  readonly #ring: LogRing;
  #intervalMs = 0;
  #send: (() => Promise<void>) | undefined;
  #timer: Timer | undefined;
  #sending = false;
  /** When the last Send began. */
  #sentAtMs = -Infinity;

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock;
    this.#ring = new LogRing(capacity);
  }

  /** Whether it collects. */
  get active(): boolean {
    return this.#intervalMs > 0;
  }

  /** Sends as often from now on, at most; 0 ends it, and throws away what there is. */
  every(seconds: number): void {
    this.#intervalMs = seconds * 1_000;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.active) this.#schedule();
    else this.#ring.clear();
  }

  push(bytes: Uint8Array): void {
    if (!this.active) return;
    this.#ring.push(bytes);
    this.#schedule();
  }

  /** Sends by `send` to `path` until the function that it returns is called. A later one takes its place. */
  connect(path: string, send: SendIncrement): () => void {
    const deliver = (): Promise<void> => send([{ path, value: this.#ring.since() }]);
    this.#send = deliver;
    this.#schedule();
    return () => {
      if (this.#send !== deliver) return;
      this.#send = undefined;
      this.#timer?.cancel();
      this.#timer = undefined;
    };
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#sending || this.#send === undefined || this.#ring.size === 0) return;
    const delayMs = Math.max(0, this.#sentAtMs + this.#intervalMs - this.#clock.now());
    this.#timer = this.#clock.schedule(delayMs, () => {
      this.#timer = undefined;
      void this.#deliver();
    });
  }

  async #deliver(): Promise<void> {
    if (this.#send === undefined) return;
    const { end } = this.#ring;
    this.#sending = true;
    this.#sentAtMs = this.#clock.now();
    try {
      await this.#send();
      this.#ring.dropUntil(end);
    } catch {
      // No registration, no answer, or a refusal, of which the client tells itself: it stays for the next time.
    }
    this.#sending = false;
    this.#schedule();
  }
}
