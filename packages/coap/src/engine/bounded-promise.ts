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
  begin: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const signal = options?.signal;
    const timeoutMs = options?.timeoutMs;
    const refused = refusedBounds(options);
    if (refused !== undefined) {
      reject(refused);
      return;
    }
    let settled = false;
    let timer: Timer | undefined;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
      return true;
    };
    const onAbort = (): void => {
      if (signal === undefined || !settle()) return;
      cancel();
      reject(abortedError(signal));
    };
    const cancel = begin(
      (value) => {
        if (settle()) resolve(value);
      },
      (error) => {
        if (settle()) reject(error);
      },
    );
    // The work may have ended while it began.
    if (isSettled()) return;
    // A callback of the application may have aborted meanwhile: there is no event any more.
    if (isAborted()) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort);
    if (timeoutMs !== undefined) {
      timer = timers.schedule(timeoutMs, () => {
        if (!settle()) return;
        cancel();
        reject(new CoapError('ERR_COAP_TIMEOUT', `no response within ${timeoutMs} ms`));
      });
    }
    function isSettled(): boolean {
      return settled;
    }
    function isAborted(): boolean {
      return signal?.aborted === true;
    }
  });
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
