import type { Peer } from '@flownexus/datagram';
import { Code, isRequest } from '../code.ts';
import { CoapFormatError } from '../format-error.ts';
import { MessageType, type CoapMessage } from '../message.ts';
import type { ClientRole } from './client-role.ts';
import { emptyMessage } from './empty-message.ts';
import type { Engine } from './engine.ts';
import type { MulticastRequests } from './multicast-requests.ts';
import type { MulticastResponses } from './multicast-responses.ts';
import type { PeerState, ReceivedMessage } from './peer-state.ts';
import { receive } from './receive.ts';
import type { ServerRole } from './server-role.ts';
import type { StateTable } from './state-table.ts';
import { tokenKey } from './token.ts';

export interface MessageLayerOptions {
  readonly engine: Engine;
  readonly states: StateTable;
  readonly client: ClientRole;
  readonly server: ServerRole;
  readonly multicasts: MulticastRequests;
  /** Sends to a peer of which nothing is kept. */
  readonly sendStateless: (peer: Peer, datagram: Uint8Array) => void;
}

/**
 * Takes datagrams apart and gives each message to whom it concerns (RFC 7252 §4).
 *
 *            CON        NON         ACK          RST
 *   Request  server     server      ignored      ignored      §4.3, §4.2: unspecified combinations
 *   Response client     client      client       ignored
 *   Empty    Reset      ignored     transmission transmission §4.3 (ping), table 1
 */
export class MessageLayer {
  readonly #engine: Engine;
  readonly #states: StateTable;
  readonly #client: ClientRole;
  readonly #server: ServerRole;
  readonly #multicasts: MulticastRequests;
  readonly #sendStateless: (peer: Peer, datagram: Uint8Array) => void;

  constructor(options: MessageLayerOptions) {
    this.#engine = options.engine;
    this.#states = options.states;
    this.#client = options.client;
    this.#server = options.server;
    this.#multicasts = options.multicasts;
    this.#sendStateless = options.sendStateless;
  }

  /** One datagram. Nothing in it makes this throw. */
  onDatagram(peer: Peer, datagram: Uint8Array): void {
    const message = receive(this.#engine, datagram);
    if (message instanceof CoapFormatError) {
      this.#engine.trace?.received(peer, datagram, message, false);
      if (message.reply === 'reset' && message.messageId !== undefined) this.#reset(peer, message.messageId);
      return;
    }
    this.#engine.trace?.received(peer, datagram, message, this.#isKnown(peer, message));
    if (message.code === Code.EMPTY) this.#onEmpty(peer, message);
    else if (isRequest(message.code)) this.onRequest(peer, message);
    else this.#onResponse(peer, message);
  }

  #onEmpty(peer: Peer, { type, messageId }: CoapMessage): void {
    const { counters } = this.#engine;
    switch (type) {
      case MessageType.CON:
        this.#reset(peer, messageId); // RFC 7252 §4.3: a ping
        return;
      case MessageType.NON:
        counters.ignored += 1;
        return;
      case MessageType.ACK:
      case MessageType.RST: {
        if (type === MessageType.RST) counters.resetsReceived += 1;
        const state = this.#states.find(peer);
        const outgoing = state?.outgoing.get(messageId);
        if (state === undefined || outgoing === undefined) {
          counters.unmatched += 1;
          return;
        }
        this.#states.prove(state);
        if (type === MessageType.RST) outgoing.onReset();
        else outgoing.onAcknowledged();
      }
    }
  }

  /** A request message. `group` is there when it came by one. */
  onRequest(peer: Peer, message: CoapMessage, group?: MulticastResponses): void {
    const { counters } = this.#engine;
    const { type, messageId } = message;
    if (type !== MessageType.CON && type !== MessageType.NON) {
      counters.ignored += 1;
      return;
    }
    const state = this.#states.obtain(peer);
    if (state === undefined) {
      counters.limits += 1;
      return;
    }
    if (this.#isDuplicate(state, messageId)) return;
    this.#server.onRequest(state, message, this.#remember(state, message), group);
  }

  #onResponse(peer: Peer, message: CoapMessage): void {
    const { counters } = this.#engine;
    const { type, messageId } = message;
    if (type === MessageType.RST) {
      counters.ignored += 1;
      return;
    }
    const state = this.#states.find(peer);
    const separate = type !== MessageType.ACK;
    if (state !== undefined && separate && this.#isDuplicate(state, messageId)) return;
    if (!separate && this.#acknowledgesResponse(state, messageId)) return;
    const key = tokenKey(message.token);
    const owner = state?.tokens.get(key);
    if (state === undefined || owner === undefined) {
      if (separate && this.#onMulticastResponse(peer, message, key)) return;
      counters.unmatched += 1;
      // RFC 7252 §4.2; RFC 7641 §3.6: the Reset for a Non-confirmable one ends an observation that we forgot.
      if (separate) this.#reset(peer, messageId);
      return;
    }
    this.#states.prove(state);
    if (separate) this.#client.onSeparate(owner, message, this.#remember(state, message));
    else this.#client.onPiggybacked(owner, message);
  }

  /** RFC 7252 §5.2.2: what an ACK of a response of ours carries is ignored. */
  #acknowledgesResponse(state: PeerState | undefined, messageId: number): boolean {
    const outgoing = state?.outgoing.get(messageId);
    if (state === undefined || outgoing?.isResponse !== true) return false;
    this.#states.prove(state);
    outgoing.onAcknowledged();
    return true;
  }

  /** RFC 7252 §8.2: whoever is in the group answers, the token alone has to match. */
  #onMulticastResponse(peer: Peer, message: CoapMessage, key: string): boolean {
    const request = this.#multicasts.find(key);
    if (request === undefined) return false;
    const state = this.#states.obtain(peer);
    if (state === undefined) this.#engine.counters.limits += 1;
    else this.#client.onSeparate(request.responder(state), message, this.#remember(state, message));
    return true;
  }

  /** RFC 7252 §4.5: a duplicate gets the same reply again, and is not processed. */
  #isDuplicate(state: PeerState, messageId: number): boolean {
    const { deduplication } = this.#engine;
    const known = deduplication.find(state, messageId);
    if (known === undefined) return false;
    this.#engine.counters.duplicates += 1;
    const reply = deduplication.replyOf(known);
    if (reply !== undefined) this.#engine.send(state, reply, true);
    return true;
  }

  #remember(state: PeerState, { type, messageId }: CoapMessage): ReceivedMessage {
    const { exchangeLifetimeMs, nonLifetimeMs } = state.settings.times;
    const lifetimeMs = type === MessageType.CON ? exchangeLifetimeMs : nonLifetimeMs;
    return this.#engine.deduplication.add(state, messageId, lifetimeMs);
  }

  /** Whether a message has come before; for the trace alone. */
  #isKnown(peer: Peer, { type, code, messageId }: CoapMessage): boolean {
    if (code === Code.EMPTY || type === MessageType.ACK || type === MessageType.RST) return false;
    const state = this.#states.find(peer);
    return state !== undefined && this.#engine.deduplication.find(state, messageId) !== undefined;
  }

  #reset(peer: Peer, messageId: number): void {
    this.#engine.counters.resetsSent += 1;
    this.#sendStateless(peer, emptyMessage(MessageType.RST, messageId));
  }
}
