import { isPromise } from '../when.ts';
import { acknowledge, isConfirmable } from './acknowledge.ts';
import type { Engine } from './engine.ts';
import type { ArrivedResponse, PeerState } from './peer-state.ts';

/** Something that a peer told, on its way to the application. */
export interface Uplink {
  /** The message that is acknowledged when the handler has resolved. Undefined: there is none, or it has been. */
  readonly message: ArrivedResponse | undefined;
  readonly handler: () => void | Promise<void>;
  /** What the handler is, for reports of what it throws. */
  readonly context: string;
  /** The handler has resolved in time, and the message is acknowledged. */
  readonly onDone?: (() => void) | undefined;
}

/**
 * Gives a response or notification to the application and acknowledges it when it is safe there: a Confirmable one is
 * answered when the handler has resolved. When it fails or is too slow nothing is sent and the Message ID is forgotten, so
 * that the retransmission runs a handler again.
 */
export function runUplink(engine: Engine, state: PeerState, uplink: Uplink): void {
  let result: unknown;
  try {
    result = uplink.handler();
  } catch (error) {
    fail(engine, uplink, error);
    return;
  }
  // In plain JavaScript, and where a value is ignored, a handler may return anything: only a promise is waited for.
  if (isPromise(result)) awaitUplink(engine, state, uplink, result);
  else succeed(engine, state, uplink);
}

/** Whether another handler may run for the peer. If not the message counts as lost: its retransmission comes anew. */
export function admitUplink(engine: Engine, state: PeerState, message: ArrivedResponse | undefined): boolean {
  if (state.processing < engine.limits.processingPerPeer) return true;
  engine.counters.limits += 1;
  forget(engine, message);
  return false;
}

function awaitUplink(engine: Engine, state: PeerState, uplink: Uplink, result: Promise<unknown>): void {
  let settled = false;
  state.processing += 1;
  const settle = (): boolean => {
    if (settled) return false;
    settled = true;
    timer.cancel();
    state.processing -= 1;
    return true;
  };
  const timer = engine.timers.schedule(engine.settings.uplinkTimeoutMs, () => {
    settle();
    engine.counters.handlerErrors += 1;
    forget(engine, uplink.message);
  });
  Promise.resolve(result).then(
    () => {
      if (settle()) succeed(engine, state, uplink);
    },
    (error: unknown) => {
      if (settle()) fail(engine, uplink, error);
      else engine.applicationError(error, uplink.context);
    },
  );
}

function succeed(engine: Engine, state: PeerState, { message, onDone }: Uplink): void {
  if (message !== undefined) acknowledge(engine, state, message);
  onDone?.();
}

function fail(engine: Engine, { message, context }: Uplink, error: unknown): void {
  forget(engine, message);
  engine.applicationError(error, context);
}

function forget(engine: Engine, message: ArrivedResponse | undefined): void {
  if (message?.received !== undefined && isConfirmable(message)) engine.deduplication.forget(message.received);
}
