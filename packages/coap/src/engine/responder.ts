import type { CoapReply } from '../api.ts';
import { encodeMessage } from '../codec.ts';
import { MessageType, type CoapMessage } from '../message.ts';
import { ConfirmableResponse } from './confirmable-response.ts';
import { checkDatagramSize } from './datagram.ts';
import { emptyMessage } from './empty-message.ts';
import type { Engine } from './engine.ts';
import type { MulticastResponses } from './multicast-responses.ts';
import { isUnwanted } from './no-response.ts';
import type { PeerState, ReceivedMessage } from './peer-state.ts';
import type { Slice } from './representations.ts';

const NO_BYTES = new Uint8Array(0);

/** What became of a response. `onSent` and `onUnsent` exclude each other. */
export interface ResponseListener {
  /** It has been handed to the transport, or the peer wants none. */
  readonly onSent?: (() => void) | undefined;
  /** It has not been, and never will be. */
  readonly onUnsent?: (() => void) | undefined;
  /** As a separate response it did not reach the peer. */
  readonly onLost?: (() => void) | undefined;
}

/**
 * Answers one request message (RFC 7252 §5.2): piggybacked in the ACK, or after an Empty ACK as a Confirmable message
 * of its own; a Non-confirmable request gets a Non-confirmable response, later when it came by a group (§8.2).
 */
export class Responder {
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #message: CoapMessage;
  readonly #received: ReceivedMessage;
  readonly #group: MulticastResponses | undefined;
  #acknowledged = false;

  /** `group` is there for a request that came by one. */
  constructor(
    engine: Engine,
    state: PeerState,
    message: CoapMessage,
    received: ReceivedMessage,
    group?: MulticastResponses,
  ) {
    this.#engine = engine;
    this.#state = state;
    this.#message = message;
    this.#received = received;
    this.#group = group;
  }

  /** Whether the request came by a group. */
  get multicast(): boolean {
    return this.#group !== undefined;
  }

  /** The response takes a while: stops the peer's retransmission (RFC 7252 §5.2.2). */
  acknowledge(): void {
    if (this.#message.type !== MessageType.CON || this.#acknowledged) return;
    this.#acknowledged = true;
    this.#sendAcknowledgement(emptyMessage(MessageType.ACK, this.#message.messageId));
  }

  /**
   * Sends the response, unless the peer wants none (RFC 7967): then a Confirmable request gets an Empty ACK, which is all that
   * reliability needs. Throws `RangeError` for one that can't be encoded or is too large. With `repeatable` a duplicate is to be processed like another
   * request, where the response is piggybacked.
   */
  respond(slice: Slice, listener?: ResponseListener, repeatable: boolean = false): void {
    if (isUnwanted(this.#message.options, slice.code)) {
      this.acknowledge();
      listener?.onSent?.();
    } else this.#send(slice, listener, repeatable);
  }

  /** Answers without looking at blocks or observations. */
  respondPlainly({ code, payload = NO_BYTES }: CoapReply): void {
    this.respond({ code, options: [], payload });
  }

  /** Sends the response to a block of a request that others follow: without it the peer can't go on, whatever it wants to hear. */
  respondToBlock(slice: Slice): void {
    this.#send(slice, undefined);
  }

  /** As `respond`, but never as a message that is retransmitted: piggybacked or Non-confirmable. */
  respondOnce(slice: Slice): void {
    if (isUnwanted(this.#message.options, slice.code)) this.acknowledge();
    else if (this.#acknowledged) this.#sendNonConfirmable(slice, undefined);
    else this.#send(slice, undefined);
  }

  #send(slice: Slice, listener: ResponseListener | undefined, repeatable: boolean = false): void {
    const { token, type } = this.#message;
    if (type !== MessageType.CON) this.#sendNonConfirmable(slice, listener);
    else if (this.#acknowledged) this.#respondSeparately(slice, listener);
    else {
      // Field by field, as the most frequent reply of all: spreading costs more than encoding.
      const { messageId } = this.#message;
      const { code, options, payload } = slice;
      const datagram = encodeMessage({ type: MessageType.ACK, code, messageId, token, options, payload });
      this.#sendAcknowledgement(datagram, repeatable);
      listener?.onSent?.();
    }
  }

  #sendNonConfirmable(slice: Slice, listener: ResponseListener | undefined): void {
    if (this.#group !== undefined) {
      this.#respondToGroup(this.#group, slice, listener);
      return;
    }
    const messageId = this.#state.messageIds.take();
    if (messageId === undefined) {
      this.#engine.counters.limits += 1;
      listener?.onUnsent?.();
      return;
    }
    const { token } = this.#message;
    const datagram = encodeMessage({ type: MessageType.NON, messageId, token, ...slice });
    checkDatagramSize(datagram, this.#engine.transport);
    this.#engine.send(this.#state, datagram);
    listener?.onSent?.();
  }

  #respondToGroup(group: MulticastResponses, slice: Slice, listener: ResponseListener | undefined): void {
    if (!group.admits(this.#state, slice)) {
      listener?.onUnsent?.();
      return;
    }
    const { token } = this.#message;
    const datagram = encodeMessage({ type: MessageType.NON, messageId: 0, token, ...slice });
    checkDatagramSize(datagram, this.#engine.transport);
    group.delay(this.#state, datagram, listener);
  }

  #respondSeparately(slice: Slice, listener: ResponseListener | undefined): void {
    let sent = false;
    new ConfirmableResponse(this.#engine, this.#state, this.#message.token, slice, {
      onSent: () => {
        sent = true;
        listener?.onSent?.();
      },
      onFailure: () => {
        if (!sent) listener?.onUnsent?.();
        listener?.onLost?.();
      },
    }).begin();
  }

  #sendAcknowledgement(datagram: Uint8Array, repeatable: boolean = false): void {
    checkDatagramSize(datagram, this.#engine.transport);
    const { deduplication } = this.#engine;
    if (repeatable) deduplication.forget(this.#received);
    else deduplication.answered(this.#received, datagram);
    this.#engine.send(this.#state, datagram);
  }
}
