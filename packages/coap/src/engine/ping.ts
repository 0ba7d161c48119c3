import { CoapError } from '../errors.ts';
import { MessageType } from '../message.ts';
import { emptyMessage } from './empty-message.ts';
import type { Engine } from './engine.ts';
import type { LaneOccupant } from './lane.ts';
import { limitError } from './limit-error.ts';
import type { Outgoing, PeerState } from './peer-state.ts';
import { Transmission, type TransmissionListener } from './transmission.ts';
import type { TransmissionParameters } from './transmission-parameters.ts';

/** Exactly one of them is called, once, or none after `cancel`. */
export interface PingListener {
  onAnswer(): void;
  onFailure(error: CoapError): void;
}

/**
 * An Empty Confirmable message, which makes the peer answer with a Reset (RFC 7252 §4.3). An Empty ACK is not what the RFC asks
 * of it, but shows as well that somebody is there.
 *
 *   waiting for its turn (NSTART, §4.7) ──► sent ──► RST, ACK, time-out, peer closed ──► done
 */
export class Ping implements LaneOccupant, Outgoing, TransmissionListener {
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #parameters: TransmissionParameters;
  readonly #listener: PingListener;
  #messageId: number | undefined;
  #transmission: Transmission | undefined;
  #done = false;

  constructor(engine: Engine, state: PeerState, parameters: TransmissionParameters, listener: PingListener) {
    this.#engine = engine;
    this.#state = state;
    this.#parameters = parameters;
    this.#listener = listener;
  }

  begin(): void {
    if (!this.#state.requests.enter(this)) this.#failForLimit('too many requests wait for this peer');
  }

  cancel(): void {
    // As with an exchange: others may be given up in the same turn.
    if (!this.#done) this.#finish((start) => this.#engine.timers.schedule(0, start));
  }

  start(): void {
    const { closedWith, outgoing } = this.#state;
    if (closedWith !== undefined) {
      this.#fail(closedWith);
      return;
    }
    const messageId = this.#state.messageIds.take();
    if (messageId === undefined) {
      this.#failForLimit('no Message ID is free');
      return;
    }
    this.#messageId = messageId;
    const datagram = emptyMessage(MessageType.CON, messageId);
    this.#transmission = new Transmission(this.#engine, this.#state, messageId, datagram, this, this.#parameters);
    // In the place of the transmission, to hear when the peer is gone: there is no token by which it would be told.
    outgoing.set(messageId, this);
  }

  onReset(): void {
    this.#succeed();
  }

  onAcknowledged(): void {
    this.#succeed();
  }

  onTimeout(): void {
    this.#fail(new CoapError('ERR_COAP_TIMEOUT', 'the peer did not answer the ping'));
  }

  /** As an `Outgoing`: the peer is gone. */
  stop(): void {
    this.#fail(this.#state.closedWith ?? new CoapError('ERR_COAP_PEER_CLOSED', 'the association has ended'));
  }

  #succeed(): void {
    if (this.#done) return;
    this.#finish();
    this.#listener.onAnswer();
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
    this.#done = true;
    this.#transmission?.stop();
    const { outgoing, requests } = this.#state;
    if (this.#messageId !== undefined && outgoing.get(this.#messageId) === this) outgoing.delete(this.#messageId);
    requests.leave(this, startNext);
  }
}
