import type { Timer } from '@flownexus/datagram';
import type { Engine } from './engine.ts';
import type { PeerState } from './peer-state.ts';
import type { Responder } from './responder.ts';

/** What follows from a promise that a reply waits for. One of the first three is called, and `onLate` after `onGivenUp` only. */
export interface ProcessingListener<T> {
  onValue(value: T): void;
  onError(error: unknown): void;
  /** It took longer than a peer waits. */
  onGivenUp?(): void;
  onLate?(value: T): void;
  onLateError(error: unknown): void;
}

/** Waits for what a reply is made of: it counts as processing, and the peer gets an Empty ACK when it takes a while. */
export function awaitProcessing<T>(
  engine: Engine,
  state: PeerState,
  responder: Responder,
  result: Promise<T>,
  listener: ProcessingListener<T>,
): void {
  const { timers, settings } = engine;
  let settled = false;
  const settle = (): boolean => {
    if (settled) return false;
    settled = true;
    release();
    state.processing -= 1;
    timer.cancel();
    return true;
  };
  state.processing += 1;
  const release = engine.processing.hold(state);
  let timer: Timer = timers.schedule(settings.separateResponseAfterMs, () => {
    responder.acknowledge();
    // After that long nobody waits for the response.
    timer = timers.schedule(state.settings.times.exchangeLifetimeMs, () => {
      if (!settle()) return;
      engine.counters.handlerErrors += 1;
      listener.onGivenUp?.();
    });
  });
  Promise.resolve(result).then(
    (value) => {
      if (settle()) listener.onValue(value);
      else listener.onLate?.(value);
    },
    (error: unknown) => {
      if (settle()) listener.onError(error);
      else listener.onLateError(error);
    },
  );
}
