import {
  systemClock,
  systemRandom,
  TimerQueue,
  type Clock,
  type DatagramTransport,
  type Peer,
  type RandomSource,
} from '@flownexus/datagram';
import type {
  CoapObservation,
  CoapReply,
  CoapRequest,
  CoapResponse,
  MulticastOptions,
  MulticastResponseIterator,
  ObserveOptions,
  EchoOptions,
  EchoRequest,
  Observer,
  RequestBlock,
  RequestHandler,
  RequestOptions,
  RequestService,
} from '../api.ts';
import { Code } from '../code.ts';
import { CoapError } from '../errors.ts';
import { coapLimits, DEFAULT_MAX_BODY_SIZE, MAX_BODY_SIZE, type CoapLimits, type CoapUsage } from '../limits.ts';
import { tracer, type TraceHook } from '../trace.ts';
import { Budget } from './budget.ts';
import { application } from './application.ts';
import { checkRange } from './check-range.ts';
import { ClientRole } from './client-role.ts';
import { Deduplication } from './deduplication.ts';
import { EchoGuard } from './echo.ts';
import type { Engine } from './engine.ts';
import { GuardedBudget } from './guarded-budget.ts';
import { limitError } from './limit-error.ts';
import { MessageLayer } from './message-layer.ts';
import { MulticastIntake } from './multicast-intake.ts';
import { MulticastRequests } from './multicast-requests.ts';
import { MulticastResponses } from './multicast-responses.ts';
import { preferredSzx, settingsSource, type PeerSettings, type SettingsOf } from './peer-settings.ts';
import type { PeerState } from './peer-state.ts';
import { ServerRole } from './server-role.ts';
import { StateTable } from './state-table.ts';
import { zeroCounters, type CoapStatistics } from './statistics.ts';
import { transmissionParameters, transmissionTimes, type TransmissionParameters } from './transmission-parameters.ts';

/** What a `CoapEndpoint` is made of. Times are in milliseconds, sizes in bytes. */
export interface CoapEndpointOptions {
  readonly transport: DatagramTransport;
  /** Default: the clock of the system. */
  readonly clock?: Clock;
  /** Default: the randomness of the system. */
  readonly random?: RandomSource;
  /** Changes to the transmission parameters of RFC 7252 §4.8. */
  readonly parameters?: Partial<TransmissionParameters>;
  /**
   * Answers requests. Default: 4.04 to each. The engine itself refuses unknown methods with 4.05 and a critical option that
   * nobody acts on with 4.02. If-Match and If-None-Match are such options unless a `RequestService` understands them.
   */
  readonly onRequest?: RequestHandler | RequestService;
  /**
   * Told of each block of a request that others follow, before it is taken: how far a large body has come, and whether it is wanted at all. What it throws
   * ends the transfer and is answered like an error of the request handler. The last block comes with the request. Also for a block that is sent
   * again.
   */
  readonly onBlock?: (request: EchoRequest, block: RequestBlock) => void;
  /** When a peer has to prove that it is there before its request is performed or answered at length. Default: never. */
  readonly echo?: EchoOptions;
  /** The transport has lost the association with a peer; what was under way with it has been rejected. */
  readonly onPeerClosed?: (peer: Peer) => void;
  /** The size of the blocks that we choose: 16 to 1024, default 512 for the sake of constrained peers. */
  readonly preferredBlockSize?: number;
  /** The largest body that is reassembled from blocks, in either role. Default 1 MiB. */
  readonly maxBodySize?: number;
  /**
   * What differs for some peers: slow networks, small blocks. Asked when a peer is first heard of or spoken to, again after it
   * was silent for so long that it was forgotten, and by `refreshPeerSettings`. Return the same object for peers of one class:
   * it is checked once. An error in it is reported to `onError`, and the peer has the settings of the endpoint.
   */
  readonly peerSettings?: (peer: Peer) => PeerSettings | undefined;
  /** Changes to the bounds of `DEFAULT_LIMITS`. */
  readonly limits?: Partial<CoapLimits>;
  /** Sees every datagram in and out. `setTrace` changes it later. */
  readonly onTrace?: TraceHook;
  /** A request whose handler takes longer gets an Empty ACK, and its response separately. Default 1000. */
  readonly separateResponseAfterMs?: number;
  /** A notification whose observer takes longer stays unacknowledged, and its retransmission goes there again. Default 10 000. */
  readonly uplinkTimeoutMs?: number;
  /**
   * What a handler, observer or callback of the application threw or rejected with, and which it was (`onRequest`, `reply`,
   * `onNotification`, `afterSent` and so on). A `CoapError` with a `responseCode` from a request handler is an answer and
   * does not come here, nor does a handler that is too slow. Default: such errors are only counted
   * (`statistics.handlerErrors`). What this throws is counted as well and goes no further.
   */
  readonly onError?: (error: unknown, context: string) => void;
}

/**
 * CoAP client and server on one transport (RFC 7252), with observations (RFC 7641) and block-wise transfers (RFC 7959).
 *
 * @example
 * const endpoint = new CoapEndpoint({
 *   transport: udpTransport({ port: 5683 }),
 *   onRequest: (request) => ({ code: Code.CONTENT, payload: new TextEncoder().encode(request.path.join('/')) }),
 * });
 * await endpoint.open();
 */
export class CoapEndpoint {
  readonly #transport: DatagramTransport;
  readonly #timers: TimerQueue;
  readonly #engine: Engine;
  readonly #states: StateTable;
  readonly #client: ClientRole;
  readonly #server: ServerRole;
  readonly #messages: MessageLayer;
  readonly #multicasts: MulticastRequests;
  readonly #multicastResponses: MulticastResponses;
  readonly #multicastIntake: MulticastIntake;
  readonly #settingsOf: SettingsOf;
  readonly #onPeerClosed: ((peer: Peer) => void) | undefined;
  #phase: 'new' | 'open' | 'closed' = 'new';

  /** Throws `RangeError` for options out of their range. */
  constructor(options: CoapEndpointOptions) {
    const { transport, clock = systemClock, random = systemRandom } = options;
    const parameters = transmissionParameters(options.parameters);
    const times = transmissionTimes(parameters);
    const limits = coapLimits(options.limits);
    const counters = zeroCounters();
    this.#transport = transport;
    this.#onPeerClosed = options.onPeerClosed;
    this.#timers = new TimerQueue({ clock });
    const timers = this.#timers;
    const onLimit = (): void => {
      counters.limits += 1;
    };
    const deduplication = new Deduplication({ clock, timers, random, limits, onLimit });
    const send = (state: PeerState, datagram: Uint8Array, repeated?: boolean): void => {
      if (state.closedWith === undefined) this.#send(state.peer, datagram, repeated);
    };
    const app = application(counters, options.onError);
    const szx = preferredSzx(options.preferredBlockSize ?? 512);
    this.#settingsOf = settingsSource({ parameters, times, szx }, options.peerSettings, (error) =>
      app.applicationError(error, 'peerSettings'),
    );
    this.#engine = {
      transport,
      clock,
      timers,
      random,
      limits,
      lifetimeMs: times.exchangeLifetimeMs,
      counters,
      deduplication,
      downloads: new Budget(limits.downloadBytes),
      exchanges: new Budget(limits.exchanges),
      relations: new GuardedBudget(limits.relations),
      responses: new GuardedBudget(limits.responses),
      processing: new GuardedBudget(limits.processing),
      trace: undefined,
      settings: {
        maxBodySize: checkRange('maxBodySize', options.maxBodySize ?? DEFAULT_MAX_BODY_SIZE, 1, MAX_BODY_SIZE),
        separateResponseAfterMs: checkRange(
          'separateResponseAfterMs',
          options.separateResponseAfterMs ?? 1000,
          0,
          2 ** 31,
        ),
        uplinkTimeoutMs: checkRange('uplinkTimeoutMs', options.uplinkTimeoutMs ?? 10_000, 0, 2 ** 31),
      },
      prove: (state) => this.#states.prove(state),
      send,
      ...app,
    };
    this.#states = new StateTable({
      clock,
      timers,
      random,
      limits,
      settingsOf: this.#settingsOf,
      lifetimeMs: times.exchangeLifetimeMs,
      onEvicted: (state) => this.#forget(state),
    });
    this.#client = new ClientRole(this.#engine);
    const echo = options.echo && new EchoGuard(clock, random, options.echo);
    const service = options.onRequest ?? ((): CoapReply => ({ code: Code.NOT_FOUND }));
    this.#server = new ServerRole(this.#engine, service, echo, options.onBlock);
    this.#multicasts = new MulticastRequests(this.#engine);
    this.#multicastResponses = new MulticastResponses(this.#engine);
    this.#messages = new MessageLayer({
      engine: this.#engine,
      states: this.#states,
      client: this.#client,
      server: this.#server,
      multicasts: this.#multicasts,
      sendStateless: (peer, datagram) => this.#send(peer, datagram),
    });
    this.#multicastIntake = new MulticastIntake(this.#engine, this.#messages, this.#multicastResponses);
    this.setTrace(options.onTrace);
  }

  /** Where the transport listens, once open. */
  get localAddress(): { readonly host: string; readonly port: number } | undefined {
    return this.#transport.localAddress;
  }

  /** Counts since the endpoint was made. The object is live. */
  get statistics(): CoapStatistics {
    return this.#engine.counters;
  }

  /** What the endpoint holds at present. */
  get usage(): CoapUsage {
    const { deduplication, downloads, exchanges, relations, responses, processing } = this.#engine;
    return {
      peers: this.#states.size,
      exchanges: exchanges.used,
      relations: relations.used,
      responses: responses.used,
      processing: processing.used,
      deduplicationEntries: deduplication.size,
      deduplicationBytes: deduplication.bytes,
      downloadBytes: downloads.used,
      multicastRequests: this.#multicasts.size,
      delayedResponses: this.#multicastResponses.size,
      ...this.#server.usage,
    };
  }

  /** Opens the transport. Rejects like it, and may be tried again then; with `TypeError` when the endpoint is open or closed. */
  async open(): Promise<void> {
    if (this.#phase !== 'new') throw new TypeError(`the endpoint is ${this.#phase} already`);
    this.#phase = 'open';
    const opening = this.#transport.open({
      onDatagram: (peer, datagram) => {
        if (this.#phase === 'open') this.#messages.onDatagram(peer, datagram);
      },
      onMulticast: (peer, datagram) => {
        if (this.#phase === 'open') this.#multicastIntake.onDatagram(peer, datagram);
      },
      onPeerClosed: (peer) => {
        this.#closePeer(peer);
      },
    });
    await opening.catch((error: unknown) => {
      if (this.#phase === 'open') this.#phase = 'new';
      throw error;
    });
  }

  /** Rejects what is under way (`ERR_COAP_CLOSED`), ends observations, and closes the transport. Closing twice is harmless. */
  async close(): Promise<void> {
    if (this.#phase !== 'closed') {
      this.#phase = 'closed';
      const error = new CoapError('ERR_COAP_CLOSED', 'the endpoint was closed');
      this.#multicasts.close(error);
      this.#multicastResponses.close();
      for (const state of this.#states.all()) this.#end(state, error);
      this.#timers.clear();
    }
    await this.#transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The peer at an address, for the client role. Rejects like the transport, and with `TypeError` when it only listens. */
  async connect(host: string, port: number): Promise<Peer> {
    if (this.#transport.connect === undefined) throw new TypeError('the transport has no client role');
    return this.#transport.connect(host, port);
  }

  /**
   * The peer of which an earlier process kept `key`, `host` and `port`, as the transport knows it now: see
   * `DatagramTransport.recall`. Undefined when it is gone, or the endpoint is not open.
   */
  recall(key: string, host: string, port: number): Peer | undefined {
    return this.#phase === 'open' ? this.#transport.recall?.(key, host, port) : undefined;
  }

  /** Sees every datagram in and out from now on, in the place of the hook before. Undefined: nobody does, and it costs nothing. */
  setTrace(hook: TraceHook | undefined): void {
    const engine = this.#engine;
    engine.trace = hook && tracer(engine.clock, hook, (callback) => engine.callApplication('onTrace', callback));
  }

  /**
   * Sends a request and resolves to its response, 4.xx and 5.xx as well. Rejects with a `CoapError`: `ERR_COAP_TIMEOUT`,
   * `ERR_COAP_RESET`, `ERR_COAP_ABORTED`, `ERR_COAP_PEER_CLOSED`, `ERR_COAP_CLOSED`, `ERR_COAP_LIMIT`, `ERR_COAP_BLOCK` or
   * `ERR_COAP_OPTION`; with `TypeError` or `RangeError` for a request that can't be.
   */
  request(peer: Peer, request: CoapRequest, options?: RequestOptions): Promise<CoapResponse> {
    return this.#with(peer, (state) => this.#client.request(state, request, options));
  }

  /**
   * Sends a request whose response nobody waits for (RFC 7967): with No-Response for everything unless the request has its own.
   * Confirmable: resolves when it is acknowledged, whatever a response says that comes along; rejects like `request` on a Reset or
   * time-out. Non-confirmable: resolves when it has been handed to the transport. The next message to the peer then waits as
   * PROBING_RATE wants it, one byte per second by default (RFC 7252 §4.7): `parameters` can tell that the network takes more.
   * Rejects with `RangeError` for a payload that is larger than a block.
   */
  tell(peer: Peer, request: CoapRequest, options?: RequestOptions): Promise<void> {
    return this.#with(peer, (state) => this.#client.tell(state, request, options));
  }

  /**
   * Asks whether the peer is there: an Empty Confirmable message (RFC 7252 §4.3). Resolves on its Reset, and on an Empty ACK, which
   * is not what the RFC has for it but shows the same. Rejects with a `CoapError` like `request`; waits for its turn like it (NSTART).
   */
  ping(peer: Peer, options?: RequestOptions): Promise<void> {
    return this.#with(peer, (state) => this.#client.ping(state, options));
  }

  /**
   * Registers an observation with a GET or FETCH (RFC 7641 §3.1). Resolves with `active` false when the response is an
   * error or has no Observe; rejects like `request`. A notification may reach the observer before this has resolved.
   */
  observe(peer: Peer, request: CoapRequest, observer: Observer, options?: ObserveOptions): Promise<CoapObservation> {
    return this.#with(peer, (state) => this.#client.observe(state, request, observer, options));
  }

  /**
   * Takes up an observation that an earlier process registered and kept the token of (RFC 7641): the peer goes on notifying with
   * that token as long as nobody tells it otherwise. Nothing is sent. The first notification is `fresh` whatever its Observe number
   * is, `onEstablished` is never called, and what is known of freshness begins with the first notification. `request` is the
   * one that registered it: `refresh` and `cancel` send it again, and the rest of notifications in blocks is fetched with it.
   *
   * Adopt in the turn of the event loop in which `open` resolves: a notification whose token nobody knows is answered with a
   * Reset, and that ends the observation at the peer (RFC 7641 §3.6).
   *
   * Throws `RangeError` for a token of more than 8 bytes or one that is in use with the peer, `TypeError` or `RangeError` for a
   * request that can't be, and `CoapError`: `ERR_COAP_CLOSED` when the endpoint is not open, `ERR_COAP_LIMIT` at a bound.
   */
  adopt(peer: Peer, request: CoapRequest, token: Uint8Array, observer: Observer): CoapObservation {
    const state = this.#obtain(peer);
    if (state instanceof CoapError) throw state;
    return this.#client.adopt(state, request, token, observer);
  }

  /**
   * Sends a Non-confirmable request to a group, as which `connect` gave a peer, and yields what its members answer until
   * `durationMs` is over and the bodies that are being fetched are whole (RFC 7252 §8). Each member counts once. The request is sent
   * at once, and responses wait to be taken; leaving the loop gives the rest up, as `await using` does. `next` rejects with a `CoapError`
   * (`ERR_COAP_ABORTED`, `ERR_COAP_CLOSED`, `ERR_COAP_LIMIT`), or with `TypeError` or `RangeError` for a request that can't be.
   * It is up to the caller not to flood the group (§8.1).
   *
   * @example
   * const group = await endpoint.connect(AllCoapNodes.IPV4, 5683);
   * for await (const { peer, response } of endpoint.multicast(group, { method: Code.GET, path: ['.well-known', 'core'] })) {
   *   console.log(peer.host, new TextDecoder().decode(response.payload));
   * }
   */
  multicast(group: Peer, request: CoapRequest, options?: MulticastOptions): MulticastResponseIterator {
    return this.#multicasts.begin(this.#obtain(group), request, options);
  }

  /**
   * Asks `peerSettings` anew about a peer, when more is known of it: what is under way goes on as it began, and NSTART
   * stays once something was sent.
   * Does nothing for a peer that nothing is kept of.
   */
  refreshPeerSettings(peer: Peer): void {
    const state = this.#states.find(peer);
    if (state !== undefined) state.settings = this.#settingsOf(state.peer);
  }

  #with<T>(peer: Peer, work: (state: PeerState) => Promise<T>): Promise<T> {
    const state = this.#obtain(peer);
    return state instanceof CoapError ? Promise.reject(state) : work(state);
  }

  /** The state of a peer, or why there is none. */
  #obtain(peer: Peer): PeerState | CoapError {
    if (this.#phase !== 'open') {
      return new CoapError('ERR_COAP_CLOSED', `the endpoint is not open, it is ${this.#phase}`);
    }
    const state = this.#states.obtain(peer);
    if (state !== undefined) return state;
    return limitError(this.#engine, 'too many peers');
  }

  #send(peer: Peer, datagram: Uint8Array, repeated = false): void {
    if (this.#phase !== 'open') return;
    this.#engine.counters.sent += 1;
    this.#engine.trace?.sent(peer, datagram, repeated);
    this.#transport.send(peer, datagram);
  }

  #closePeer(peer: Peer): void {
    if (this.#phase !== 'open') return;
    const state = this.#states.find(peer);
    if (state !== undefined) this.#end(state, new CoapError('ERR_COAP_PEER_CLOSED', 'the association has ended'));
    const onPeerClosed = this.#onPeerClosed;
    if (onPeerClosed !== undefined) this.#engine.callApplication('onPeerClosed', () => onPeerClosed(peer));
  }

  #end(state: PeerState, error: CoapError): void {
    this.#states.remove(state.peer, error);
    for (const owner of state.tokens.values()) owner.onClosed(error);
    for (const relation of state.relations.values()) relation.close();
    for (const outgoing of state.outgoing.values()) outgoing.stop();
    state.requests.flush(); // those without a token that would have told them
    state.responses.flush();
    this.#forget(state);
  }

  #forget(state: PeerState): void {
    this.#engine.deduplication.forgetPeer(state);
    this.#server.forgetPeer(state);
  }
}
