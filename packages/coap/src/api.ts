import type { Peer } from '@flownexus/datagram';
import type { CoapError } from './errors.ts';
import type { TransmissionParameters } from './engine/transmission-parameters.ts';
import type { CoapOption } from './message.ts';

/** A request as a caller gives it; what the engine decides (type, Message ID, token, blocks) is not in it. */
export interface CoapRequest {
  /** `Code.GET`, `Code.POST` and so on. */
  readonly method: number;
  /** Uri-Path segments. Absent or empty: no Uri-Path option. */
  readonly path?: readonly string[];
  /** Uri-Query options, in order. */
  readonly query?: readonly string[];
  /** Uri-Host: the name by which the peer is meant, for peers that have several (RFC 7252 §5.10.1). 1 to 255 bytes. */
  readonly uriHost?: string;
  /** Uri-Port, where it is not the port that the request goes to (RFC 7252 §5.10.1). */
  readonly uriPort?: number;
  readonly contentFormat?: number;
  readonly accept?: number;
  /** Entity-tags of representations at hand: the answer 2.03 says which of them is still valid (RFC 7252 §5.10.6.2). */
  readonly etags?: readonly Uint8Array[];
  /** Only if the resource has one of these entity-tags; an empty one: only if it exists (RFC 7252 §5.10.8.1). Otherwise 4.12. */
  readonly ifMatch?: readonly Uint8Array[];
  /** Only if the resource does not exist (RFC 7252 §5.10.8.2). Otherwise 4.12. */
  readonly ifNoneMatch?: boolean;
  /**
   * Which responses are not wanted: the sum of 2 (2.xx), 8 (4.xx) and 16 (5.xx); 0 wants all (RFC 7967 §2.1). What comes
   * nevertheless is delivered. When all are suppressed and the peer obeys, a promise of `request` has nothing to wait for but its
   * time-out (EXCHANGE_LIFETIME, or NON_LIFETIME): `CoapEndpoint.tell` is the call for that.
   */
  readonly noResponse?: number;
  /** Further options. Those that have a field here, Observe and the block options may not be among them. */
  readonly options?: readonly CoapOption[];
  readonly payload?: Uint8Array;
  /** Default true: Confirmable. */
  readonly confirmable?: boolean;
}

/** A response as the engine delivers it: whole, whatever blocks it came in. */
export interface CoapResponse {
  readonly code: number;
  readonly contentFormat: number | undefined;
  /** The Observe option's value, when there is one (RFC 7641 §2). */
  readonly observe: number | undefined;
  /** The entity-tag of the representation (RFC 7252 §5.10.6.1). */
  readonly etag: Uint8Array | undefined;
  /** How long the response is fresh, in seconds. Undefined when the option is absent, which means 60 (RFC 7252 §5.10.5). */
  readonly maxAge: number | undefined;
  /** Location-Path segments and Location-Query options, of the resource that was created (RFC 7252 §5.10.7). Mostly empty. */
  readonly locationPath: readonly string[];
  readonly locationQuery: readonly string[];
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
}

/**
 * What a request handler answers. A 2.05 to a GET or a FETCH that names its ETag goes out as 2.03, without its payload
 * (RFC 7252 §5.9.1.3): the first response of an observation and its notifications as well (RFC 7641 §4.3.2).
 */
export interface CoapReply {
  readonly code: number;
  readonly contentFormat?: number;
  /** Location-Path segments (RFC 7252 §5.10.7). */
  readonly locationPath?: readonly string[];
  /** Location-Query options, in order (RFC 7252 §5.10.7). */
  readonly locationQuery?: readonly string[];
  /**
   * What tells this representation from others of the resource: 1 to 8 bytes (RFC 7252 §5.10.6). A reply that needs blocks
   * has one in any case: where none is given, one that is computed from the payload.
   */
  readonly etag?: Uint8Array;
  /** Seconds that the reply may be cached, 0 to 2^32-1. Absent: 60 (RFC 7252 §5.10.5). */
  readonly maxAge?: number;
  readonly options?: readonly CoapOption[];
  readonly payload?: Uint8Array;
  /** In the place of `payload` and `etag`: a body that is read block by block. */
  readonly body?: BodySource;
  /**
   * Called once when the engine has handed the reply to the transport: the place to emit events from. Of a reply in blocks that
   * is the first. Also when the peer asked not to be sent it (No-Response, RFC 7967): it has been given its due.
   */
  readonly afterSent?: () => void;
  /**
   * Called once, in the place of `afterSent`, when the reply to a request has not been sent and never will be: the handler took
   * longer than a peer waits (EXCHANGE_LIFETIME), the association with the peer ended meanwhile, a bound was in the way, the
   * reply can't be a message, it is 4.02 to a Non-confirmable request (RFC 7252 §5.4.1), or the peer has to prove its address
   * first (`EchoOptions`). Not for notifications: their promise rejects.
   */
  readonly onUnsent?: () => void;
}

/**
 * A body of any size that is served without being held: from a file, say. The handler is called for each block that the
 * peer asks for (`payload` and options of the request are the same, but for Block2), and the engine reads that block only. So it is for a request
 * that comes twice, since blocks are not kept for duplicates (RFC 7252 §4.5).
 * A body of several blocks answers a GET, or a FETCH that comes in one block; to other requests that is 5.00.
 */
export interface BodySource {
  /** Bytes, at most 2^30: what 2^20 blocks hold (RFC 7959 §2.2). With the smaller blocks that a peer may insist on it gets less. */
  readonly size: number;
  /** 1 to 8 bytes that change when the body does: the peer recognises by it that its blocks are of one body (RFC 7959 §2.4). */
  readonly etag: Uint8Array;
  /**
   * `length` bytes, of 1 to 1024, from `offset` on. Exactly these: anything else, as an error, is answered 5.00 and reported by
   * `onError`. A promise counts as the handler's: the peer gets an Empty ACK when it takes a while.
   */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/** A request as the server role sees it: whole, whatever blocks it came in. */
export interface IncomingRequest {
  readonly peer: Peer;
  readonly method: number;
  readonly confirmable: boolean;
  readonly token: Uint8Array;
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly contentFormat: number | undefined;
  readonly accept: number | undefined;
  /** 0 registers, 1 cancels (RFC 7641 §2). Undefined for methods other than GET and FETCH. */
  readonly observe: number | undefined;
  /** The host and the port that the request is for. Undefined: those that it was sent to (RFC 7252 §5.10.1). */
  readonly uriHost: string | undefined;
  readonly uriPort: number | undefined;
  /** ETags of representations that the peer has (RFC 7252 §5.10.6.2). The engine answers 2.03 when the reply has one of them. */
  readonly etags: readonly Uint8Array[];
  /**
   * The request is for one of these ETags; an empty one stands for any representation (RFC 7252 §5.10.8.1). Nothing is there
   * unless the service understands If-Match: see {@link RequestService}.
   */
  readonly ifMatch: readonly Uint8Array[];
  /** The request is for a resource that does not exist (RFC 7252 §5.10.8.2). As with `ifMatch`. */
  readonly ifNoneMatch: boolean;
  /** Whether it carries an Echo that the engine gave this peer, and not too long ago (RFC 9175 §2.3): see {@link EchoOptions}. */
  readonly echoFresh: boolean;
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
  /**
   * Whether it came by a group (RFC 7252 §8). Then an error is not sent unless it has an Echo option, nor is a success without a payload that has no ETag or
   * Location either: `onUnsent` of the reply is called. Anything else is sent within the Leisure. There is no observation.
   */
  readonly multicast: boolean;
  /**
   * Accepts the observation that this request asks for: the reply carries Observe, and the relation can notify.
   * Throws `TypeError` when `observe` is not 0, and `CoapError` `ERR_COAP_LIMIT` (5.03) at a bound, such as 2048 bytes of options.
   */
  acceptObservation(): ObserveRelation;
}

/** The server's end of one observation (RFC 7641 §4). */
export interface ObserveRelation {
  readonly peer: Peer;
  readonly token: Uint8Array;
  readonly active: boolean;
  /**
   * Sends a notification. Confirmable: resolves on its ACK, rejects on RST, time-out or an ended relation
   * (`CoapError`); Non-confirmable: resolves when sent.
   */
  notify(reply: CoapReply, options?: { readonly confirmable?: boolean }): Promise<void>;
  /**
   * Tells the endpoint what the application failed of while it made a notification: it is counted (`statistics.handlerErrors`) and goes
   * to `onError` with the context.
   */
  reportError(error: unknown, context: string): void;
  /** Ends the relation without a message. */
  end(): void;
  /** Called once when the observer cancelled, rejected a notification, was lost, or the relation was replaced. */
  onEnd: (() => void) | undefined;
}

/**
 * Handles a request. A rejection is answered 5.00; a `CoapError` with a `responseCode` is answered with that. Requests that don't
 * come here: with a method that RFC 7252 and RFC 8132 don't have (answered 4.05), and with a critical option that isn't
 * understood (4.02), If-Match and If-None-Match among them: see {@link RequestService}.
 */
export type RequestHandler = (request: IncomingRequest) => CoapReply | Promise<CoapReply>;

/** A handler that acts on critical options that the engine itself does not. */
export interface RequestService {
  readonly handle: RequestHandler;
  /**
   * Numbers of the options that `handle` never overlooks (RFC 7252 §5.4.1). With `OptionNumber.IF_MATCH` and
   * `OptionNumber.IF_NONE_MATCH` the service takes it on itself not to perform a request whose condition is not fulfilled (§5.10.8).
   * It refuses an option that a resource does not support with 4.02, which is not sent in answer to a Non-confirmable request (§5.4.1).
   */
  readonly understands: readonly number[];
}

/** A request before its payload is put together and before it goes to the handler. */
export type EchoRequest = Omit<IncomingRequest, 'payload' | 'acceptObservation'>;

/** A block of a request that others follow (RFC 7959 §2.5). */
export interface RequestBlock {
  /** Where its bytes are in the body. 0 is also a transfer that begins anew. */
  readonly offset: number;
  readonly length: number;
  /** Bytes of the whole body, as the peer estimates it (Size1, RFC 7959 §4). */
  readonly size: number | undefined;
}

/**
 * When a peer has to show that it is there, now: its request is answered 4.01 with an Echo option, and only performed when it comes
 * again with that (RFC 9175 §2). The engine keeps nothing of such a challenge. What proves freshness to somebody who may listen
 * needs a transport that protects messages; over plain UDP an Echo proves that the peer receives at its address.
 */
export interface EchoOptions {
  /** Whether a request is performed only with a fresh Echo, each block of one too. What this throws is answered like an error of the handler. */
  readonly required?: (request: EchoRequest) => boolean;
  /** How long an Echo is fresh. Default 60 000. */
  readonly freshnessMs?: number;
  /**
   * A reply to a GET or FETCH that has more than 136 bytes and more than this times the bytes of the request is not sent to a peer
   * that has never proven its address, by an Echo, by an ACK or a response to a message of ours, or to the transport: it gets the 4.01
   * (RFC 9175 §2.4 item 3 suggests 3). The handler is called again when the request comes again. Replies to other methods
   * are sent, for what was done can't be undone. Default: no such limit.
   */
  readonly amplificationFactor?: number;
}

/** One notification of an observation in the client role. */
export interface CoapNotification extends CoapResponse {
  readonly peer: Peer;
  /** False when a newer one was delivered before it (RFC 7641 §3.4): history, not the present state. */
  readonly fresh: boolean;
}

/** How an observation ended. */
export type ObservationEnd =
  | { readonly reason: 'cancelled' }
  /** A notification with an error code, or one without Observe (RFC 7641 §3.2, §4.2). */
  | { readonly reason: 'response'; readonly response: CoapResponse }
  /** A re-registration that `ObserveOptions.reregister` asks for got no response. */
  | { readonly reason: 'unanswered'; readonly error: CoapError }
  | { readonly reason: 'peer-closed' | 'endpoint-closed' };

/** What a client-role observer does. */
export interface Observer {
  /**
   * Called once with the whole first response that establishes the observation and its token, before `observe` resolves. When it came as
   * a Confirmable message (a separate response, or a notification that overtook the response or stands for one that was
   * lost), that message is acknowledged when the returned promise has resolved; when it rejects nothing is sent, and the
   * retransmission comes to `onNotification`. `observe` does not wait for the promise. Of a response in blocks the first
   * block is acknowledged before the rest is fetched.
   */
  onEstablished?(response: CoapResponse, token: Uint8Array): void | Promise<void>;
  /**
   * Called for each notification after the first response, one that ends the observation with a success but without
   * Observe and the responses to re-registrations included. Where the request has `etags`, one with the code 2.03 says which
   * of those representations is valid now, in its `etag` (RFC 7641 §4.3.2). A Confirmable one is acknowledged when the returned promise has resolved; when it rejects nothing is
   * sent and the retransmission comes here again.
   */
  onNotification(notification: CoapNotification): void | Promise<void>;
  /** A notification in blocks is lost: its rest could not be fetched, or a newer one came meanwhile (RFC 7959 §3.4). */
  onAbandoned?(reason: CoapError): void;
  /** Called once when the newest representation is as old as its Max-Age, 60 s by default (RFC 7641 §3.3.1). */
  onStale?(): void;
  onEnd?(end: ObservationEnd): void;
}

/** The client's end of one observation (RFC 7641 §3). */
export interface CoapObservation {
  readonly peer: Peer;
  readonly token: Uint8Array;
  readonly active: boolean;
  /** The response that established the observation. Throws `TypeError` for one that `CoapEndpoint.adopt` took up: there was none. */
  readonly response: CoapResponse;
  /**
   * Registers again, with the same token and options (RFC 7641 §3.3.1): for a client that doubts whether the peer still knows of it.
   * Resolves to the response, or to a notification that came instead. Either goes to `onNotification` as well; the observation ends
   * when it is an error or has no Observe. When it rejects, as `request` does, the observation goes on. Calls while one is
   * under way get its promise.
   */
  refresh(options?: RequestOptions): Promise<CoapResponse>;
  /** Active cancellation: a request with Observe=1 and the same token (RFC 7641 §3.6). Resolves to its response. */
  cancel(options?: RequestOptions): Promise<CoapResponse>;
  /** Passive cancellation: forget; the next notification is answered with a Reset. */
  forget(): void;
}

/** Bounds of a request to a group. */
export interface MulticastOptions {
  readonly signal?: AbortSignal;
  /**
   * How long responses are awaited. Default: the Leisure and the longest that a first retransmission would wait, 8 seconds: members
   * that need more time or are further away than that are missed.
   */
  readonly durationMs?: number;
  /** Whoever answers after that many others is ignored: 1 to 100 000. Default 1000. */
  readonly maxResponses?: number;
}

/** What one member of a group answers. */
export interface MulticastResponse {
  /** The member itself, not the group: for requests to it alone. */
  readonly peer: Peer;
  readonly response: CoapResponse;
  /** False when the payload is the first block alone: the rest could not be fetched (RFC 7959 §2.8). */
  readonly complete: boolean;
}

/** What the members of a group answer, as it comes. */
export interface MulticastResponseIterator
  extends AsyncIterableIterator<MulticastResponse, undefined>, AsyncDisposable {
  /** Gives up what has not come yet. */
  return(): Promise<IteratorResult<MulticastResponse, undefined>>;
}

/** Bounds of one exchange, and what it has of its own. */
export interface RequestOptions {
  /** Gives up: the promise rejects with `ERR_COAP_ABORTED`, whose `cause` is the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Gives up after this time, whatever the transmission is doing. Without it a peer that does not answer at all is given up on after
   * MAX_TRANSMIT_WAIT, 62 to 93 s by default (RFC 7252 §4.8.2).
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Changes to the transmission parameters for the messages of this request, and so to the times that follow from them; NSTART
   * stays that of the peer. `RangeError` for a value out of its range.
   */
  readonly parameters?: Partial<TransmissionParameters>;
  /**
   * The size of the blocks of the body, 16 to 1024 bytes: a power of two, or what is next below. The peer is asked for a response
   * in such blocks as well (RFC 7959 §2.4); it may choose smaller ones. Default: the preferred size of the endpoint for what we
   * send, and the peer's choice for what it sends.
   */
  readonly blockSize?: number | undefined;
  /** The largest body of a response, in bytes. Default: that of the endpoint. */
  readonly maxBodySize?: number | undefined;
  /**
   * Called for each block of a body that the peer took or that arrived; not for a body that fits into one message. Asks the peer
   * how large its response is (Size2, RFC 7959 §4). A transfer that has to begin again goes back.
   */
  readonly onProgress?: (progress: TransferProgress) => void;
}

/** How far a body in blocks has come, in bytes. */
export interface TransferProgress {
  /** `upload`: the request; `download`: the response. */
  readonly direction: 'upload' | 'download';
  readonly transferred: number;
  /** The size of the body. Undefined when the peer does not tell. */
  readonly total: number | undefined;
}

/** Bounds of a registration, and how the observation goes on. `signal` and `timeoutMs` are about the registration alone. */
export interface ObserveOptions extends RequestOptions {
  /**
   * Registers again when no notification came for 5 to 15 s beyond the Max-Age of the newest, 60 s by default (RFC 7641 §3.3.1):
   * the peer may have forgotten the observation. When that is not answered the observation ends, with `unanswered`. Default false.
   */
  readonly reregister?: boolean;
}
