import type { Peer } from '@flownexus/datagram';
import type { CoapOption } from './message.ts';

/** A request as a caller gives it; what the engine decides (type, Message ID, token, blocks) is not in it. */
export interface CoapRequest {
  /** `Code.GET`, `Code.POST` and so on. */
  readonly method: number;
  /** Uri-Path segments. Absent or empty: no Uri-Path option. */
  readonly path?: readonly string[];
  /** Uri-Query options, in order. */
  readonly query?: readonly string[];
  readonly contentFormat?: number;
  readonly accept?: number;
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
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
}

/** What a request handler answers. */
export interface CoapReply {
  readonly code: number;
  readonly contentFormat?: number;
  /** Location-Path segments (RFC 7252 §5.10.7). */
  readonly locationPath?: readonly string[];
  readonly options?: readonly CoapOption[];
  readonly payload?: Uint8Array;
  /** Called once when the engine has handed the reply to the transport: the place to emit events from. Of a reply in blocks that is the first. */
  readonly afterSent?: () => void;
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
  /** 0 registers, 1 cancels (RFC 7641 §2). */
  readonly observe: number | undefined;
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
  /**
   * Accepts the observation that this request asks for: the reply carries Observe, and the relation can notify.
   * Throws `TypeError` when `observe` is not 0.
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
  /** Ends the relation without a message. */
  end(): void;
  /** Called once when the observer cancelled, rejected a notification, was lost, or the relation was replaced. */
  onEnd: (() => void) | undefined;
}

/** Handles a request. A rejection is answered 5.00; a `CoapError` with a `responseCode` is answered with that. */
export type RequestHandler = (request: IncomingRequest) => CoapReply | Promise<CoapReply>;

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
  | { readonly reason: 'peer-closed' | 'endpoint-closed' };

/** What a client-role observer does. */
export interface Observer {
  /**
   * Called for each notification after the first response. A Confirmable one is acknowledged when the returned
   * promise has resolved; when it rejects nothing is sent and the retransmission comes here again. A notification that
   * overtakes the first response is delivered before `observe` has resolved.
   */
  onNotification(notification: CoapNotification): void | Promise<void>;
  onEnd?(end: ObservationEnd): void;
}

/** The client's end of one observation (RFC 7641 §3). */
export interface CoapObservation {
  readonly peer: Peer;
  readonly token: Uint8Array;
  readonly active: boolean;
  /** The response that established the observation. */
  readonly response: CoapResponse;
  /** Active cancellation: a request with Observe=1 and the same token (RFC 7641 §3.6). Resolves to its response. */
  cancel(options?: RequestOptions): Promise<CoapResponse>;
  /** Passive cancellation: forget; the next notification is answered with a Reset. */
  forget(): void;
}

/** Bounds of one exchange. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Gives up after this time, whatever the transmission is doing. */
  readonly timeoutMs?: number;
}
