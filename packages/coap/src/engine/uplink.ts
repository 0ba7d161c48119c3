import { MAX_PROCESSING_PER_PEER } from '../limits.ts';
import { acknowledge } from './acknowledge.ts';
import type { Engine } from './engine.ts';
import type { ArrivedResponse, PeerState } from './peer-state.ts';

/**
 * Gives a notification to the application and acknowledges it when it is safe there: a Confirmable one is answered when the
 * handler has resolved. When it fails or is too slow nothing is sent and the Message ID is forgotten, so that the
 * retransmission runs the handler again.
 */
export function runUplink(
  engine: Engine,
  state: PeerState,
  response: ArrivedResponse,
  handler: () => void | Promise<void>,
): void {
  if (state.processing >= MAX_PROCESSING_PER_PEER) {
    engine.counters.limits += 1;
    forget(engine, response);
    return;
  }
  let result: void | Promise<void>;
  try {
    result = handler();
  } catch {
    engine.counters.handlerErrors += 1;
    forget(engine, response);
    return;
  }
  if (result === undefined) acknowledge(engine, state, response);
  else awaitUplink(engine, state, response, result);
}

function awaitUplink(engine: Engine, state: PeerState, response: ArrivedResponse, result: Promise<void>): void {
  let settled = false;
  state.processing += 1;
  const settle = (): boolean => {
    if (settled) return false;
    settled = true;
    timer.cancel();
    state.processing -= 1;
    return true;
  };
  const fail = (): void => {
    if (!settle()) return;
    engine.counters.handlerErrors += 1;
    forget(engine, response);
  };
  const timer = engine.timers.schedule(engine.settings.uplinkTimeoutMs, fail);
  result.then(() => {
    if (settle()) acknowledge(engine, state, response);
  }, fail);
}

function forget(engine: Engine, response: ArrivedResponse): void {
  if (response.received?.confirmable === true) engine.deduplication.forget(response.received);
}
