import { formatAddress, type Peer, type Timer } from '@flownexus/datagram';
import type { Engine } from './engine.ts';
import type { Outgoing, PeerState } from './peer-state.ts';
import type { TransmissionParameters } from './transmission-parameters.ts';

/** Whom a transmission tells how it ended. Exactly one of them is called, or none after `stop`. */
export interface TransmissionListener {
  readonly isResponse?: boolean;
  onAcknowledged(): void;
  onReset(): void;
  /** Nobody reacted to the last retransmission in time. */
  onTimeout(): void;
}

/**
 * The life of one Confirmable message (RFC 7252 §4.2).
 *
 *   send ──► wait, timeout = ACK_TIMEOUT * (1 … ACK_RANDOM_FACTOR) ──── ACK, RST ──► done
 *             ▲                       │ timeout
 *             └─ send, timeout * 2 ◄──┤ fewer than MAX_RETRANSMIT retransmissions
 *                                     └ otherwise ──► onTimeout
 */
export class Transmission implements Outgoing {
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #messageId: number;
  readonly #datagram: Uint8Array;
  readonly #listener: TransmissionListener;
  readonly #maxRetransmit: number;
  #timeoutMs: number;
  #retransmissions = 0;
  #timer: Timer | undefined;
  #sentTo = '';

  /** Sends at once. `datagram` holds the message with `messageId`. */
  constructor(
    engine: Engine,
    state: PeerState,
    messageId: number,
    datagram: Uint8Array,
    listener: TransmissionListener,
    { ackTimeoutMs, ackRandomFactor, maxRetransmit }: TransmissionParameters = state.settings.parameters,
  ) {
    this.#engine = engine;
    this.#state = state;
    this.#messageId = messageId;
    this.#datagram = datagram;
    this.#listener = listener;
    this.#maxRetransmit = maxRetransmit;
    this.#timeoutMs = ackTimeoutMs * (1 + (ackRandomFactor - 1) * engine.random.unit());
    state.outgoing.set(messageId, this);
    this.#send();
  }

  get isResponse(): boolean {
    return this.#listener.isResponse === true;
  }

  /** Where the message went last: see `addressOf`. */
  get sentTo(): string {
    return this.#sentTo;
  }

  /** No further retransmission; an ACK or RST that comes yet belongs to nothing. */
  stop(): void {
    this.#timer?.cancel();
    if (this.#state.outgoing.get(this.#messageId) === this) this.#state.outgoing.delete(this.#messageId);
  }

  onAcknowledged(): void {
    this.stop();
    this.#listener.onAcknowledged();
  }

  onReset(): void {
    this.stop();
    this.#listener.onReset();
  }

  #send(): void {
    this.#timer = this.#engine.timers.schedule(this.#timeoutMs, this.#onTimer);
    this.#sentTo = addressOf(this.#state.peer);
    this.#engine.send(this.#state, this.#datagram, this.#retransmissions > 0);
  }

  readonly #onTimer = (): void => {
    if (this.#retransmissions >= this.#maxRetransmit) {
      this.stop();
      this.#engine.counters.timeouts += 1;
      this.#listener.onTimeout();
      return;
    }
    this.#retransmissions += 1;
    this.#engine.counters.retransmissions += 1;
    this.#timeoutMs *= 2;
    this.#send();
  };
}

/** Where a peer is, when that is in doubt (`pathValidated` is false); empty as long as nobody has to know. */
export function addressOf(peer: Peer): string {
  return peer.pathValidated ? '' : formatAddress(peer.host, peer.port);
}
