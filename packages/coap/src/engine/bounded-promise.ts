import type { Timer, TimerQueue } from '@flownexus/datagram';
import type { RequestOptions } from '../api.ts';
import { CoapError } from '../errors.ts';

/**
 * A promise with the bounds of `RequestOptions`. `begin` starts the work and returns what cancels it; that is called when
 * a bound is reached first.
 */
export function boundedPromise<T>(
  timers: TimerQueue,
  options: RequestOptions | undefined,
  begin: Begin<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const refused = refusedBounds(options);
    if (refused === undefined) new BoundedWork(resolve, reject, options).begin(timers, begin);
    else reject(refused);
  });
}

type Begin<T> = (resolve: (value: T) => void, reject: (error: Error) => void) => () => void;

/** What a promise waits for: settled by the work, or by a bound. */
class BoundedWork<T> {
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: Error) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number | undefined;
  #cancel: (() => void) | undefined;
  #timer: Timer | undefined;
  #settled = false;

  constructor(resolve: (value: T) => void, reject: (error: Error) => void, options: RequestOptions | undefined) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = options?.signal;
    this.#timeoutMs = options?.timeoutMs;
  }

  begin(timers: TimerQueue, begin: Begin<T>): void {
    const cancel = begin(
      (value) => {
        if (this.#settle()) this.#resolve(value);
      },
      (error) => {
        if (this.#settle()) this.#reject(error);
      },
    );
    // The work may have ended while it began.
    if (this.#settled) return;
    this.#cancel = cancel;
    // A callback of the application may have aborted meanwhile: there is no event any more.
    if (this.#signal?.aborted === true) {
      this.handleEvent();
      return;
    }
    this.#signal?.addEventListener('abort', this);
    if (this.#timeoutMs !== undefined) this.#timer = timers.schedule(this.#timeoutMs, timedOut, this);
  }

  /** As the listener of its signal: the caller has aborted. */
  handleEvent(): void {
    if (this.#signal !== undefined) this.#giveUp(abortedError(this.#signal));
  }

  timedOut(): void {
    this.#giveUp(new CoapError('ERR_COAP_TIMEOUT', `no response within ${this.#timeoutMs ?? 0} ms`));
  }

  #giveUp(reason: CoapError): void {
    const cancel = this.#cancel;
    if (!this.#settle()) return;
    cancel?.();
    this.#reject(reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#cancel = undefined;
    this.#timer?.cancel();
    this.#signal?.removeEventListener('abort', this);
    return true;
  }
}

function timedOut(work: { timedOut(): void }): void {
  work.timedOut();
}

/** Why `boundedPromise` would not even begin. */
export function refusedBounds({ signal, timeoutMs }: RequestOptions = {}): Error | undefined {
  if (signal?.aborted === true) return abortedError(signal);
  // Before anything is sent: a clock refuses it only when it is asked to wait.
  if (timeoutMs === undefined || Number.isFinite(timeoutMs)) return undefined;
  return new RangeError(`timeoutMs is a finite number, not ${timeoutMs}`);
}

export function abortedError(signal: AbortSignal): CoapError {
  return new CoapError('ERR_COAP_ABORTED', 'the caller aborted', { cause: signal.reason });
}
