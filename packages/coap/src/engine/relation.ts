import type { Peer } from '@flownexus/datagram';
import type { CoapReply, ObserveRelation } from '../api.ts';
import { isSuccess } from '../code.ts';
import { encodeMessage } from '../codec.ts';
import { CoapError } from '../errors.ts';
import { MessageType } from '../message.ts';
import { isPromise } from '../when.ts';
import { ConfirmableResponse } from './confirmable-response.ts';
import { checkDatagramSize } from './datagram.ts';
import type { Engine } from './engine.ts';
import { limitError } from './limit-error.ts';
import type { Outgoing, PeerState, TokenRelation } from './peer-state.ts';
import type { Slice } from './representations.ts';
import { tokenKey } from './token.ts';

/** A notification that is not sent or not acknowledged yet. */
interface Pending {
  /** Undefined as long as its body is being read. */
  response: ConfirmableResponse | undefined;
  readonly reject: (error: CoapError) => void;
}

/** The server's end of one observation (RFC 7641 §4). */
export class Relation implements ObserveRelation, TokenRelation {
  readonly token: Uint8Array;
  onEnd: (() => void) | undefined = undefined;
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #key: string;
  readonly #shape: (reply: CoapReply, observe: number | undefined) => Slice | Promise<Slice>;
  readonly #pending = new Set<Pending>();
  #active = true;
  #sequence: number;
  #release: () => void;
  /** The Message ID of the latest Non-confirmable notification: a Reset for it ends the relation. */
  #nonConfirmable: { readonly messageId: number; readonly outgoing: Outgoing } | undefined;

  /** Enters the table; one with the same token is replaced (RFC 7641 §4.1). */
  constructor(
    engine: Engine,
    state: PeerState,
    token: Uint8Array,
    shape: (reply: CoapReply, observe: number | undefined) => Slice | Promise<Slice>,
  ) {
    this.#engine = engine;
    this.#state = state;
    this.token = Uint8Array.from(token); // not a view: it would keep the whole datagram
    this.#key = tokenKey(token);
    this.#shape = shape;
    const replaced = state.relations.get(this.#key);
    // Numbers go on: the observer may still compare them with those of the relation before.
    this.#sequence = replaced?.sequence ?? 0;
    replaced?.close();
    state.relations.set(this.#key, this);
    this.#release = engine.relations.hold(state);
  }

  get peer(): Peer {
    return this.#state.peer;
  }

  get active(): boolean {
    return this.#active;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** The Observe value of the next message (RFC 7641 §4.4). */
  nextObserve(): number {
    const value = this.#sequence;
    this.#sequence = (value + 1) & 0xff_ffff;
    return value;
  }

  notify(reply: CoapReply, options?: { readonly confirmable?: boolean }): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#active) {
        reject(endedError());
        return;
      }
      // RFC 7641 §4.2: an error has no Observe and is the last notification.
      const last = !isSuccess(reply.code);
      const shaped = this.#shape(reply, last ? undefined : this.nextObserve());
      const sent = (): void => {
        if (reply.afterSent !== undefined) this.#engine.callApplication('afterSent', reply.afterSent);
      };
      const pending: Pending = { response: undefined, reject };
      this.#pending.add(pending);
      const fail = (error: Error): void => {
        this.#pending.delete(pending);
        reject(error);
      };
      const done = (): void => {
        this.#pending.delete(pending);
        if (last) this.end();
        resolve();
      };
      const send = (slice: Slice): void => {
        if (options?.confirmable === false) {
          const error = this.#sendNonConfirmable(slice);
          if (error !== undefined) {
            fail(error);
            return;
          }
          sent();
          done();
          return;
        }
        pending.response = new ConfirmableResponse(this.#engine, this.#state, this.token, slice, {
          onSent: sent,
          onAcknowledged: () => {
            this.#holdAsProven();
            done();
          },
          onFailure: (error) => {
            fail(error);
            // RFC 7641 §4.5: the observer is gone, or wants no more. A bound of ours says nothing about it.
            if (error.code !== 'ERR_COAP_LIMIT' || last) this.close();
          },
        });
        pending.response.begin();
      };
      if (isPromise(shaped)) {
        const sendIfActive = (slice: Slice): void => {
          if (this.#active) send(slice);
        };
        shaped.then(sendIfActive).catch(fail);
      } else {
        try {
          send(shaped);
        } catch (error) {
          this.#pending.delete(pending);
          throw error; // which rejects
        }
      }
    });
  }

  reportError(error: unknown, context: string): void {
    this.#engine.applicationError(error, context);
  }

  end(): void {
    if (!this.#active) return;
    this.#active = false;
    if (this.#state.relations.get(this.#key) === this) this.#state.relations.delete(this.#key);
    this.#release();
    this.#forgetNonConfirmable();
    for (const { response, reject } of this.#pending) {
      response?.cancel();
      reject(endedError());
    }
    this.#pending.clear();
  }

  close(): void {
    if (!this.#active) return;
    this.end();
    if (this.onEnd !== undefined) this.#engine.callApplication('onEnd', this.onEnd);
  }

  /** The observer receives what is sent to it: its observation counts among those of such peers from now on. */
  #holdAsProven(): void {
    if (!this.#active) return;
    this.#release();
    this.#release = this.#engine.relations.hold(this.#state);
  }

  /** Returns what is in the way. */
  #sendNonConfirmable(slice: Slice): CoapError | undefined {
    const messageId = this.#state.messageIds.take();
    if (messageId === undefined) {
      return limitError(this.#engine, 'no Message ID is free');
    }
    const datagram = encodeMessage({ type: MessageType.NON, messageId, token: this.token, ...slice });
    checkDatagramSize(datagram, this.#engine.transport);
    this.#forgetNonConfirmable();
    const outgoing: Outgoing = { onAcknowledged: () => undefined, onReset: () => this.close(), stop: () => undefined };
    this.#nonConfirmable = { messageId, outgoing };
    this.#state.outgoing.set(messageId, outgoing);
    this.#engine.send(this.#state, datagram);
    return undefined;
  }

  #forgetNonConfirmable(): void {
    if (this.#nonConfirmable === undefined) return;
    const { messageId, outgoing } = this.#nonConfirmable;
    if (this.#state.outgoing.get(messageId) === outgoing) this.#state.outgoing.delete(messageId);
    this.#nonConfirmable = undefined;
  }
}

function endedError(): CoapError {
  return new CoapError('ERR_COAP_CLOSED', 'the observation has ended');
}
