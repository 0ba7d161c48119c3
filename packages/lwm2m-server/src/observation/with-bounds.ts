import type { TimerQueue } from '@flownexus/datagram';
import type { ExchangeBounds } from '../downlink/request.ts';
import { Lwm2mServerError } from '../errors.ts';

/** Waits for what has no bounds of its own. Rejects with `ERR_LWM2M_SERVER_ABORTED` or `…_TIMEOUT` when those given are reached first. */
export function withBounds<T>(work: Promise<T>, { signal, timeoutMs }: ExchangeBounds, timers: TimerQueue): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(new Lwm2mServerError('ERR_LWM2M_SERVER_ABORTED', 'the caller aborted', { cause: signal?.reason }));
    };
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer =
      timeoutMs === undefined
        ? undefined
        : timers.schedule(timeoutMs, () => {
            reject(new Lwm2mServerError('ERR_LWM2M_SERVER_TIMEOUT', `no answer within ${timeoutMs} ms`));
          });
    const settled = (): void => {
      signal?.removeEventListener('abort', onAbort);
      timer?.cancel();
    };
    work.finally(settled).then(resolve, reject);
  });
}
