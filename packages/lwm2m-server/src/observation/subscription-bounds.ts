import type { TimerQueue } from '@flownexus/datagram';
import type { OperationOptions } from '../api/device.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { Subscription, SubscriptionOwner } from './subscription.ts';

/** Who carries out what a bound asks for. */
export interface BoundsContext {
  readonly timers: TimerQueue;
  readonly owner: Pick<SubscriptionOwner, 'reportError'>;
}

/**
 * Applies a caller's bounds to its own subscription, and to nobody else's: `signal` cancels it whenever it aborts,
 * `timeoutMs` limits the wait for the first answer.
 *
 * @returns a signal that aborts when the subscription has ended in whichever way; it may be aborted already
 */
export function boundSubscription(
  subscription: Subscription,
  { signal, timeoutMs }: OperationOptions,
  { timers, owner }: BoundsContext,
): AbortSignal {
  const ended = new AbortController();
  const cancel = (): void => {
    subscription.cancel().catch((error: unknown) => {
      owner.reportError(error, 'an aborted observation could not be cancelled at the device');
    });
  };
  subscription.onEnded = () => {
    signal?.removeEventListener('abort', cancel);
    ended.abort();
  };
  if (signal?.aborted === true) {
    cancel();
    return ended.signal;
  }
  signal?.addEventListener('abort', cancel, { once: true });
  if (timeoutMs !== undefined) {
    subscription.waitTimer = timers.schedule(timeoutMs, () => {
      subscription.giveUp(new Lwm2mServerError('ERR_LWM2M_SERVER_TIMEOUT', `no answer within ${timeoutMs} ms`));
    });
  }
  return ended.signal;
}
