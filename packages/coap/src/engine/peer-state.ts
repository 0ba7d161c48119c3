import type { Clock, Peer, RandomSource } from '@flownexus/datagram';
import type { CoapError } from '../errors.ts';
import type { CoapLimits } from '../limits.ts';
import type { CoapMessage, CoapOption } from '../message.ts';
import type { AbandonedUploads } from './abandoned-uploads.ts';
import type { Chain } from './chain.ts';
import { Few } from './few.ts';
import { Lane } from './lane.ts';
import { MessageIdSource } from './message-id.ts';
import type { ResolvedSettings } from './peer-settings.ts';
import { Standing, type Tiered } from './tiers.ts';

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

/** What states have in common. */
export interface PeerStateOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly limits: CoapLimits;
}

/** All that the engine knows of one peer. There may be very many: what most never need is made when it is asked for. */
export class PeerState implements Tiered<PeerState> {
  /** The latest form in which the transport named it. */
  peer: Peer;
  settings: ResolvedSettings;
  readonly received: ReceivedMessages = { number: 0, count: 0, first: 0, last: 0 };
  /** Where an upload was given up lately. */
  abandonedUploads: AbandonedUploads | undefined;
  /** Handlers that run for it. */
  processing = 0;
  /** Keys of the request bodies of it that are being put together, the oldest first. */
  assemblies: Set<string> | undefined;
  /** Keys of the bodies that are kept for it. */
  representations: Set<string> | undefined;
  /** Why it has left the table, once it has. */
  closedWith: CoapError | undefined;
  // Of the table of states.
  standing: Standing = Standing.NEW;
  sinceMs = 0;
  expiresAtMs = 0;
  previous: PeerState | undefined;
  next: PeerState | undefined;
  readonly #options: PeerStateOptions;
  #messageIds: MessageIdSource | undefined;
  #outgoing: Few<number, Outgoing> | undefined;
  #tokens: Few<string, TokenOwner> | undefined;
  #relations: Few<string, TokenRelation> | undefined;
  #uploads: Few<string, WaitingUpload[]> | undefined;
  #requests: Lane | undefined;
  #responses: Lane | undefined;

  constructor(peer: Peer, settings: ResolvedSettings, options: PeerStateOptions) {
    this.peer = peer;
    this.settings = settings;
    this.#options = options;
  }

  get messageIds(): MessageIdSource {
    const { clock, random } = this.#options;
    return (this.#messageIds ??= new MessageIdSource(clock, random, this.settings.times.exchangeLifetimeMs));
  }

  /** By our Message IDs. */
  get outgoing(): Few<number, Outgoing> {
    return (this.#outgoing ??= new Few());
  }

  /** By `tokenKey` of tokens that we chose. */
  get tokens(): Few<string, TokenOwner> {
    return (this.#tokens ??= new Few());
  }

  /** By `tokenKey` of tokens that the peer chose. */
  get relations(): Few<string, TokenRelation> {
    return (this.#relations ??= new Few());
  }

  /** Uploads in blocks by resource: the first of each list runs (RFC 7959 §2.5). */
  get uploads(): Few<string, WaitingUpload[]> {
    return (this.#uploads ??= new Few());
  }

  /** Our requests (RFC 7252 §4.7). */
  get requests(): Lane {
    return (this.#requests ??= this.#lane());
  }

  /** Our notifications and separate responses (RFC 7641 §4.5.1). */
  get responses(): Lane {
    return (this.#responses ??= this.#lane());
  }

  /** Whether the peer observes anything. */
  get isObserver(): boolean {
    return this.#relations?.isEmpty === false;
  }

  /** Whether nothing is under way that a caller or the application would miss. */
  get isIdle(): boolean {
    return (
      this.#tokens?.isEmpty !== false &&
      this.#relations?.isEmpty !== false &&
      this.#outgoing?.isEmpty !== false &&
      this.processing === 0 &&
      (this.#requests === undefined || this.#requests.waiting === 0) &&
      (this.assemblies === undefined || this.assemblies.size === 0)
    );
  }

  #lane(): Lane {
    return new Lane(this.settings.parameters.nstart, this.#options.limits.queuedPerPeer);
  }
}
