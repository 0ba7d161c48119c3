import type { Timer } from '@flownexus/datagram';
import { encodeMessage } from '../codec.ts';
import { CoapError } from '../errors.ts';
import { MessageType, type CoapOption } from '../message.ts';
import { acknowledge, reject } from './acknowledge.ts';
import type { Engine } from './engine.ts';
import type { LaneOccupant } from './lane.ts';
import { limitError } from './limit-error.ts';
import type { ResolvedSettings } from './peer-settings.ts';
import type { ArrivedResponse, PeerState, TokenOwner } from './peer-state.ts';
import { TOKEN_LENGTH, tokenKey } from './token.ts';
import { addressOf, Transmission, type TransmissionListener } from './transmission.ts';

/** One request message. */
export interface RequestMessage {
  readonly method: number;
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
  readonly confirmable: boolean;
  readonly settings: ResolvedSettings;
}

/** Exactly one of them is called, once, or none after `cancel`. */
export interface ExchangeListener {
  onResponse(response: ArrivedResponse): void;
  onFailure(error: CoapError): void;
  /** For who wants no response: a Confirmable request has been acknowledged, a Non-confirmable one sent. Nothing more is waited for. */
  onTold?(): void;
}

/**
 * One request and its response (RFC 7252 §5.2, §5.3).
 *
 *   waiting for its turn ──► sent ──┬─ piggybacked response ─────────────────────────────► done
 *   (NSTART, §4.7)                  ├─ Empty ACK ──► acknowledged ── separate response ──► done
 *                                   │                          └──── nobody wants one ───► done
 *                                   ├─ separate response, which counts as the ACK ───────► done
 *                                   └─ RST, time-out, cancelled ─────────────────────────► done
 */
export class Exchange implements TokenOwner, LaneOccupant, TransmissionListener {
  readonly token: Uint8Array;
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #request: RequestMessage;
  readonly #listener: ExchangeListener;
  /** Undefined when the token belongs to an observation, which hands responses on. */
  readonly #key: string | undefined;
  #messageId: number | undefined;
  #transmission: Transmission | undefined;
  #timer: Timer | undefined;
  #sentTo = '';
  /** Whether it has its place among all exchanges. */
  #counted = false;
  #done = false;

  constructor(
    engine: Engine,
    state: PeerState,
    request: RequestMessage,
    listener: ExchangeListener,
    token?: Uint8Array,
  ) {
    this.#engine = engine;
    this.#state = state;
    this.#request = request;
    this.#listener = listener;
    this.token = token ?? freshToken(engine, state);
    this.#key = token === undefined ? tokenKey(this.token) : undefined;
  }

  /** Waits for its turn and sends. */
  begin(): void {
    const { closedWith } = this.#state;
    if (closedWith !== undefined) {
      this.#fail(closedWith);
      return;
    }
    if (!this.#engine.exchanges.take(1)) {
      this.#failForLimit('too many exchanges');
      return;
    }
    this.#counted = true;
    if (this.#key !== undefined) {
      if (this.#state.tokens.size >= this.#engine.limits.tokensPerPeer) {
        this.#failForLimit('too many exchanges with this peer');
        return;
      }
      this.#state.tokens.set(this.#key, this);
    }
    if (!this.#state.requests.enter(this)) this.#failForLimit('too many requests wait for this peer');
  }

  /** Forgets the exchange; a response that comes yet belongs to nobody. */
  cancel(): void {
    // Those that wait may be given up in the same turn, by the same time-out: none of them is to be sent for a moment.
    if (!this.#done) this.#finish((start) => this.#engine.timers.schedule(0, start));
  }

  /** As an `Outgoing`. */
  stop(): void {
    this.cancel();
  }

  start(): void {
    const messageId = this.#state.messageIds.take();
    if (messageId === undefined) {
      this.#failForLimit('no Message ID is free');
      return;
    }
    const { method, options, payload, confirmable, settings } = this.#request;
    const type = confirmable ? MessageType.CON : MessageType.NON;
    let datagram;
    try {
      datagram = encodeMessage({ type, code: method, messageId, token: this.token, options, payload });
    } catch (cause) {
      this.#fail(new CoapError('ERR_COAP_OPTION', 'the request has options that cannot be encoded', { cause }));
      return;
    }
    if (datagram.length > this.#engine.transport.maxDatagramSize) {
      this.#failForLimit(`a request of ${datagram.length} bytes is too large for the transport`);
      return;
    }
    this.#messageId = messageId;
    if (confirmable) {
      this.#transmission = new Transmission(this.#engine, this.#state, messageId, datagram, this, settings.parameters);
      return;
    }
    this.#state.outgoing.set(messageId, this); // a Reset may come for it (RFC 7252 §4.3)
    // RFC 7252 §4.7: the peer is not probed at more than PROBING_RATE while it does not answer.
    const { parameters, times } = settings;
    const probingMs = Math.min((datagram.length / parameters.probingRate) * 1000, times.nonLifetimeMs);
    this.#sentTo = addressOf(this.#state.peer);
    this.#engine.send(this.#state, datagram);
    if (this.#listener.onTold !== undefined) {
      this.#release();
      this.#engine.timers.schedule(probingMs, () => this.#state.requests.leave(this));
      this.#listener.onTold();
      return;
    }
    this.#timer = this.#engine.timers.schedule(probingMs, () => {
      this.#state.requests.leave(this);
      this.#expireAfter(times.nonLifetimeMs - probingMs);
    });
  }

  expectsAcknowledgement(messageId: number): boolean {
    return messageId === this.#messageId;
  }

  onResponse(response: ArrivedResponse): void {
    acknowledge(this.#engine, this.#state, response);
    this.accept(response);
  }

  /** Takes the response like `onResponse`, and leaves it to the caller to acknowledge it. */
  accept(response: ArrivedResponse): void {
    // An observation holds its token across messages: this may be about one before.
    if (this.#done || this.#messageId === undefined) return;
    this.#confirmPath();
    this.#finish();
    this.#listener.onResponse(response);
  }

  onBadResponse(error: CoapError, response: ArrivedResponse): void {
    reject(this.#engine, this.#state, response);
    this.#fail(error);
  }

  onClosed(error: CoapError): void {
    this.#fail(error);
  }

  onAcknowledged(): void {
    if (!this.#request.confirmable) return;
    // RFC 7252 §5.2.2: the response comes by itself; §4.7: the interaction is not outstanding any more.
    this.#confirmPath();
    if (this.#listener.onTold !== undefined) {
      this.#finish();
      this.#listener.onTold();
      return;
    }
    this.#state.requests.leave(this);
    this.#expireAfter(this.#request.settings.times.exchangeLifetimeMs);
  }

  onReset(): void {
    this.#fail(new CoapError('ERR_COAP_RESET', 'the peer rejected the request with a Reset'));
  }

  onTimeout(): void {
    this.#fail(new CoapError('ERR_COAP_TIMEOUT', 'the peer did not acknowledge the request'));
  }

  #expireAfter(delayMs: number): void {
    this.#timer = this.#engine.timers.schedule(delayMs, () => {
      this.#engine.counters.timeouts += 1;
      this.#fail(new CoapError('ERR_COAP_TIMEOUT', 'the peer did not respond to the request'));
    });
  }

  /** What the peer sent could only be sent by who received the request where it went. */
  #confirmPath(): void {
    const { peer } = this.#state;
    if (peer.pathValidated) return;
    if ((this.#transmission?.sentTo ?? this.#sentTo) === addressOf(peer)) this.#engine.transport.confirmPath?.(peer);
  }

  #failForLimit(text: string): void {
    this.#fail(limitError(this.#engine, text));
  }

  #fail(error: CoapError): void {
    if (this.#done) return;
    this.#finish();
    this.#listener.onFailure(error);
  }

  #finish(startNext?: (start: () => void) => void): void {
    this.#release();
    this.#state.requests.leave(this, startNext);
  }

  /** Gives back all but its place in the lane. */
  #release(): void {
    this.#done = true;
    if (this.#counted) this.#engine.exchanges.giveBack(1);
    this.#counted = false;
    this.#transmission?.stop();
    this.#timer?.cancel();
    const { outgoing, tokens } = this.#state;
    if (this.#messageId !== undefined && outgoing.get(this.#messageId) === this) outgoing.delete(this.#messageId);
    if (this.#key !== undefined && tokens.get(this.#key) === this) tokens.delete(this.#key);
  }
}

/** RFC 7252 §5.3.1: random, and unlike those in use with this peer. */
export function freshToken(engine: Engine, state: PeerState): Uint8Array {
  for (;;) {
    const token = engine.random.bytes(TOKEN_LENGTH);
    if (!state.tokens.has(tokenKey(token))) return token;
  }
}
