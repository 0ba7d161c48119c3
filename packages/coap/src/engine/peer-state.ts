import type { Peer } from '@flownexus/datagram';
import type { CoapError } from '../errors.ts';
import type { CoapMessage, CoapOption } from '../message.ts';
import type { AbandonedUploads } from './abandoned-uploads.ts';
import type { Chain } from './chain.ts';
import type { Lane } from './lane.ts';
import type { MessageIdSource } from './message-id.ts';
import type { ResolvedSettings } from './peer-settings.ts';
import type { Tiered } from './tiers.ts';

/** A message of ours that an Empty ACK or a Reset with its Message ID would belong to. */
export interface Outgoing {
  /** A response: an ACK counts whatever it carries (RFC 7252 §5.2.2). */
  readonly isResponse?: boolean;
  onAcknowledged(): void;
  onReset(): void;
  /** The peer is gone: nothing further is sent. */
  stop(): void;
}

/** A Message ID that a peer used: the handle that `Deduplication` gave for it. */
export type ReceivedMessage = number;

/** The Message IDs that a peer used, for `Deduplication` to find and count them. */
export interface ReceivedMessages extends Chain {
  /** What the peer is called there, as long as there are any. */
  number: number;
  count: number;
}

/** A response on its way to whom it belongs. */
export interface ArrivedResponse {
  readonly message: CoapMessage;
  /** Those of the message that count (see `checkOptions`). */
  readonly options: readonly CoapOption[];
  /** Its place among the known Message IDs; undefined for a piggybacked response, which is acknowledged by nobody. */
  readonly received: ReceivedMessage | undefined;
}

/** Whoever waits for responses with a token. */
export interface TokenOwner {
  /** Whether a piggybacked response with this Message ID can be its own (RFC 7252 §5.3.2). */
  expectsAcknowledgement(messageId: number): boolean;
  onResponse(response: ArrivedResponse): void;
  /** A response came that has to be rejected for an option (RFC 7252 §5.4.1). */
  onBadResponse(error: CoapError, response: ArrivedResponse): void;
  /** The peer or the endpoint is gone. */
  onClosed(error: CoapError): void;
}

/** The server's end of an observation, as the tables see it. */
export interface TokenRelation {
  /** The Observe value that its next message would have. */
  readonly sequence: number;
  /** Ends it and tells the application. */
  close(): void;
}

/** A transfer that waits until it may use a resource. */
export interface WaitingUpload {
  begin(): void;
}

/** All that the engine knows of one peer. */
export interface PeerState extends Tiered<PeerState> {
  /** The latest form in which the transport named it. */
  peer: Peer;
  settings: ResolvedSettings;
  readonly messageIds: MessageIdSource;
  readonly received: ReceivedMessages;
  /** By our Message IDs. */
  readonly outgoing: Map<number, Outgoing>;
  /** By `tokenKey` of tokens that we chose. */
  readonly tokens: Map<string, TokenOwner>;
  /** By `tokenKey` of tokens that the peer chose. */
  readonly relations: Map<string, TokenRelation>;
  /** Our requests (RFC 7252 §4.7), and our notifications and separate responses (RFC 7641 §4.5.1). */
  readonly requests: Lane;
  readonly responses: Lane;
  /** Uploads in blocks by resource: the first of each list runs (RFC 7959 §2.5). */
  readonly uploads: Map<string, WaitingUpload[]>;
  /** Where an upload was given up lately. */
  abandonedUploads: AbandonedUploads | undefined;
  /** Handlers that run for it. */
  processing: number;
  /** Keys of the request bodies of it that are being put together, the oldest first. */
  assemblies: Set<string> | undefined;
  /** Keys of the bodies that are kept for it. */
  representations: Set<string> | undefined;
  /** Why it has left the table, once it has. */
  closedWith: CoapError | undefined;
}

/** Whether nothing is under way that a caller or the application would miss. */
export function isIdle(state: PeerState): boolean {
  return (
    state.tokens.size === 0 &&
    state.relations.size === 0 &&
    state.outgoing.size === 0 &&
    state.processing === 0 &&
    state.requests.waiting === 0 &&
    (state.assemblies === undefined || state.assemblies.size === 0)
  );
}
