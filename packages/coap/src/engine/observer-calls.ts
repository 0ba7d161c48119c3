import type { CoapResponse, ObservationEnd, Observer } from '../api.ts';
import { CoapError } from '../errors.ts';
import type { Engine } from './engine.ts';
import type { ArrivedResponse, PeerState } from './peer-state.ts';
import { admitUplink, runUplink } from './uplink.ts';

/** What an observation tells its observer. */
export class ObserverCalls {
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #observer: Observer;

  constructor(engine: Engine, state: PeerState, observer: Observer) {
    this.#engine = engine;
    this.#state = state;
    this.#observer = observer;
  }

  /** Whether the first response is stored before it is acknowledged. */
  get storesFirst(): boolean {
    return this.#observer.onEstablished !== undefined;
  }

  /** Whether staleness matters to it. */
  get watchesFreshness(): boolean {
    return this.#observer.onStale !== undefined;
  }

  established(message: ArrivedResponse | undefined, response: CoapResponse, token: Uint8Array): void {
    if (!this.storesFirst) return;
    runUplink(this.#engine, this.#state, {
      message,
      handler: () => this.#observer.onEstablished?.(response, token),
      context: 'onEstablished',
    });
  }

  /** `message` is undefined for what has been acknowledged already. False: it counts as lost, too many handlers run. */
  notified(
    message: ArrivedResponse | undefined,
    response: CoapResponse,
    fresh: boolean,
    onDone: (() => void) | undefined,
  ): boolean {
    if (!admitUplink(this.#engine, this.#state, message)) {
      if (message === undefined) this.abandoned(new CoapError('ERR_COAP_LIMIT', 'too many handlers run for the peer'));
      return false;
    }
    const notification = { ...response, peer: this.#state.peer, fresh };
    runUplink(this.#engine, this.#state, {
      message,
      handler: () => this.#observer.onNotification(notification),
      context: 'onNotification',
      onDone,
    });
    return true;
  }

  abandoned(reason: CoapError): void {
    this.#engine.counters.abandonedNotifications += 1;
    this.#engine.callApplication('onAbandoned', () => this.#observer.onAbandoned?.(reason));
  }

  stale(): void {
    this.#engine.callApplication('onStale', () => this.#observer.onStale?.());
  }

  ended(end: ObservationEnd): void {
    this.#engine.callApplication('onEnd', () => this.#observer.onEnd?.(end));
  }
}
