import { encodeMessage } from '../codec.ts';
import { CoapError } from '../errors.ts';
import { MessageType } from '../message.ts';
import { checkDatagramSize, setMessageId } from './datagram.ts';
import type { Engine } from './engine.ts';
import type { LaneOccupant } from './lane.ts';
import { limitError } from './limit-error.ts';
import type { PeerState } from './peer-state.ts';
import type { Slice } from './representations.ts';
import { Transmission, type TransmissionListener } from './transmission.ts';

export interface ConfirmableResponseListener {
  /** The message has been handed to the transport for the first time. */
  onSent?(): void;
  onAcknowledged?(): void;
  /** Reset, time-out, or a bound. Not called after `cancel`. */
  onFailure?(error: CoapError): void;
}

/** A separate response (RFC 7252 §5.2.2) or a notification (RFC 7641 §4.2) as a Confirmable message of its own. */
export class ConfirmableResponse implements LaneOccupant, TransmissionListener {
  readonly isResponse = true;
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #datagram: Uint8Array;
  readonly #listener: ConfirmableResponseListener;
  #transmission: Transmission | undefined;
  #release: (() => void) | undefined;

  /** Throws `RangeError` for a response that can't be encoded or is too large: in the lane it would be too late to say so. */
  constructor(
    engine: Engine,
    state: PeerState,
    token: Uint8Array,
    slice: Slice,
    listener: ConfirmableResponseListener,
  ) {
    this.#engine = engine;
    this.#state = state;
    this.#datagram = encodeMessage({ type: MessageType.CON, messageId: 0, token, ...slice });
    checkDatagramSize(this.#datagram, engine.transport);
    this.#listener = listener;
  }

  /** Sends when NSTART allows it. */
  begin(): void {
    const { responses } = this.#engine;
    if (!responses.admits(this.#state)) {
      this.#failForLimit('too many responses wait');
      return;
    }
    this.#release = responses.hold(this.#state);
    if (!this.#state.responses.enter(this)) this.#failForLimit('too many responses wait for this peer');
  }

  /** No further transmission. */
  cancel(): void {
    this.#transmission?.stop();
    this.#leave();
  }

  start(): void {
    const { closedWith } = this.#state;
    if (closedWith !== undefined) {
      this.#fail(closedWith);
      return;
    }
    const messageId = this.#state.messageIds.take();
    if (messageId === undefined) {
      this.#failForLimit('no Message ID is free');
      return;
    }
    setMessageId(this.#datagram, messageId);
    this.#transmission = new Transmission(this.#engine, this.#state, messageId, this.#datagram, this);
    this.#listener.onSent?.();
  }

  onAcknowledged(): void {
    this.#leave();
    this.#listener.onAcknowledged?.();
  }

  onReset(): void {
    this.#fail(new CoapError('ERR_COAP_RESET', 'the peer rejected the response with a Reset'));
  }

  onTimeout(): void {
    this.#fail(new CoapError('ERR_COAP_TIMEOUT', 'the peer did not acknowledge the response'));
  }

  #leave(): void {
    this.#release?.();
    this.#state.responses.leave(this);
  }

  #failForLimit(text: string): void {
    this.#fail(limitError(this.#engine, text));
  }

  #fail(error: CoapError): void {
    this.cancel();
    this.#listener.onFailure?.(error);
  }
}
