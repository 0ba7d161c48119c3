import type { Timer } from '@flownexus/datagram';
import type { CoapRequest, MulticastResponse } from '../api.ts';
import { Code, isSuccess } from '../code.ts';
import { findOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { acknowledge, reject } from './acknowledge.ts';
import { ClientTransfer } from './client-transfer.ts';
import type { Engine } from './engine.ts';
import type { ArrivedResponse, PeerState, TokenOwner } from './peer-state.ts';
import { toResponse } from './response.ts';
import { defaultSettings } from './transfer-settings.ts';

/** `onEnd` is called once, after the last `onResponse`; none after `stop`. */
export interface MulticastListener {
  onResponse(response: MulticastResponse): void;
  onEnd(): void;
}

export interface MulticastRequestOptions {
  readonly engine: Engine;
  readonly request: CoapRequest;
  readonly durationMs: number;
  /** How long it stays deaf at most. */
  readonly deafMs: number;
  readonly maxResponses: number;
  readonly listener: MulticastListener;
  /** The token is not needed any longer. */
  readonly onExpired: () => void;
}

/**
 * One request to a group (RFC 7252 §8), from its sending on.
 *
 *   open ──┬─ as many responses as are wanted, or enough of them: stop() ──► deaf ── the time, or `deafMs`, is over ──► gone
 *          └─ the time is over ──► gone
 *
 * While it is deaf it still knows its token: those that answer late are not rejected one by one. The end is told when the bodies
 * that are being fetched are whole.
 */
export class MulticastRequest {
  readonly #options: MulticastRequestOptions;
  /** Keys of the peers that have answered. */
  readonly #responders = new Set<string>();
  readonly #transfers = new Set<ClientTransfer>();
  #accepting = true;
  #ended = false;
  readonly #endsAtMs: number;
  #timer: Timer;

  constructor(options: MulticastRequestOptions) {
    this.#options = options;
    const { engine, durationMs } = options;
    this.#endsAtMs = engine.clock.now() + durationMs;
    this.#timer = engine.timers.schedule(durationMs, () => this.#expire());
  }

  /** The part of a member of the group. */
  responder(state: PeerState): TokenOwner {
    const { engine } = this.#options;
    return {
      expectsAcknowledgement: () => false,
      onResponse: (response) => {
        acknowledge(engine, state, response);
        this.#onResponse(state, response);
      },
      onBadResponse: (_error, response) => reject(engine, state, response),
      onClosed: () => undefined,
    };
  }

  /** Nobody wants to hear more. */
  stop(): void {
    this.#turnDeaf();
    this.#ended = true;
    for (const transfer of this.#transfers) transfer.cancel();
    this.#transfers.clear();
  }

  #onResponse(state: PeerState, first: ArrivedResponse): void {
    const { engine, request, maxResponses } = this.#options;
    if (!this.#accepting || this.#responders.has(state.peer.key)) return;
    this.#responders.add(state.peer.key);
    if (this.#responders.size >= maxResponses) this.#turnDeaf();
    const { message, options } = first;
    const deliver = (response: MulticastResponse): void => {
      this.#transfers.delete(transfer);
      this.#options.listener.onResponse(response);
      this.#endWhenDone();
    };
    const deliverFirst = (): void => {
      const response = toResponse(message.code, options, message.payload);
      deliver({ peer: state.peer, response, complete: false });
    };
    // RFC 7959 §2.8: the rest is fetched from the one that answered.
    const transfer = new ClientTransfer({
      engine,
      state,
      request: { ...request, confirmable: true },
      settings: defaultSettings(engine, state),
      listener: {
        onResponse: (response) => {
          if (isSuccess(message.code) && !isSuccess(response.code)) deliverFirst();
          else deliver({ peer: state.peer, response, complete: true });
        },
        onFailure: deliverFirst,
      },
    });
    this.#transfers.add(transfer);
    // RFC 9175 §2.3: the member has not performed the request yet. It challenges this one of its own as well.
    const challenged = message.code === Code.UNAUTHORIZED && findOption(options, OptionNumber.ECHO) !== undefined;
    if (challenged) transfer.begin();
    else transfer.beginWith(first);
  }

  #turnDeaf(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    const { engine, deafMs } = this.#options;
    if (this.#endsAtMs - engine.clock.now() <= deafMs) return;
    this.#timer.cancel();
    this.#timer = engine.timers.schedule(deafMs, () => this.#expire());
  }

  #expire(): void {
    this.#accepting = false;
    this.#options.onExpired();
    this.#endWhenDone();
  }

  #endWhenDone(): void {
    if (this.#accepting || this.#ended || this.#transfers.size > 0) return;
    this.#ended = true;
    this.#options.listener.onEnd();
  }
}
