// Every bound of this package. Protocol maxima cite their clause; the rest are ours.

// --- Messages: codec.ts, option-values.ts, block.ts ---

/** RFC 7252 §3: token lengths 9 to 15 are reserved. */
export const MAX_TOKEN_LENGTH = 8;
/** Options accepted and sent in one message. A LwM2M request has about ten. */
export const MAX_OPTIONS_PER_MESSAGE = 128;
/** RFC 7252 §12.2: option numbers have 16 bits. */
export const MAX_OPTION_NUMBER = 65_535;
/** RFC 7252 §3.1: 269 more than a 16 bit extended length can count. */
export const MAX_OPTION_LENGTH = 65_804;
/** RFC 7959 §2.2: block numbers have 20 bits. */
export const MAX_BLOCK_NUMBER = 0xf_ffff;
/** Characters of a path segment whose option is made once, and how many of them: of each of Uri-Path and Location-Path. */
export const MAX_KNOWN_SEGMENT_LENGTH = 5;
export const MAX_KNOWN_SEGMENTS = 1024;
/** The largest body of which every byte is in a block: 1 GiB. */
export const MAX_SOURCE_SIZE: number = (MAX_BLOCK_NUMBER + 1) * 1024;

// --- Client: client/ ---

/** Notifications of an observation that wait for a slow consumer; one more takes the place of the oldest. */
export const MAX_QUEUED_NOTIFICATIONS = 64;

// --- Engine: engine/ ---

/** The default bound on a body that arrives in blocks, either role. */
export const DEFAULT_MAX_BODY_SIZE: number = 1024 * 1024;
/** The most that bound may be. */
export const MAX_BODY_SIZE: number = 2 ** 30;
/** Bytes of options and payload of a request that is kept as long as its observation. */
export const MAX_OBSERVED_REQUEST_BYTES = 2048;
/** Resources of one peer of which it is known that an upload of ours in blocks was given up. */
export const MAX_ABANDONED_UPLOADS_PER_PEER = 32;

/** How much an endpoint keeps at most, whatever its peers do. Bytes are those of payloads, keys and replies. */
export interface CoapLimits {
  /** Peers that state is kept for. Beyond it the longest silent one without live work makes room. */
  readonly peers: number;
  /** Requests to one peer that wait for their turn (NSTART), and apart from them notifications and separate responses. */
  readonly queuedPerPeer: number;
  /** Requests awaiting a response plus observations of one peer. */
  readonly tokensPerPeer: number;
  /** Requests of ours, to all peers, that wait for their turn or their response: about 6 kB each. One more is rejected. */
  readonly exchanges: number;
  /**
   * Observations that one peer may hold of us, and all. Peers that have not proven their address, by an answer that only the
   * receiver of a message of ours can give, hold three quarters of all at most, those that were heard of once half; so it is
   * with `responses` and `processing`.
   */
  readonly relationsPerPeer: number;
  readonly relations: number;
  /** Notifications and separate responses, to all peers, that wait for their turn or their acknowledgement. */
  readonly responses: number;
  /**
   * Requests and notifications of one peer whose handlers run at the same time, and requests of all. More are treated as lost.
   * First responses of observations that won't come again run beyond it: they are as many as we asked for.
   */
  readonly processingPerPeer: number;
  readonly processing: number;
  /** Message IDs remembered to find duplicates: of one peer, and of all, which are at most 2^21 - 1. */
  readonly deduplicationPerPeer: number;
  readonly deduplicationEntries: number;
  /** Bytes that hold replies for duplicates, taken by the page of 8192. With the entries at their bound that is 120 MB in all. */
  readonly deduplicationBytes: number;
  /** Request bodies being put together from blocks: of one peer, of all, and their bytes. */
  readonly uploadsPerPeer: number;
  readonly uploads: number;
  readonly uploadBytes: number;
  /** Response bodies kept for peers that fetch them block by block: for one peer, for all, and their bytes. */
  readonly representationsPerPeer: number;
  readonly representations: number;
  readonly representationBytes: number;
  /** Bytes of response bodies that are being fetched block by block from all peers. */
  readonly downloadBytes: number;
  /** Requests of ours to groups whose responses are awaited. One more is rejected. */
  readonly multicastRequests: number;
  /**
   * Responses to requests that came by a group, waiting for their moment: a message each. One more is not sent; new peers get half
   * of them at most.
   */
  readonly delayedResponses: number;
}

/** What an endpoint holds at present of what `CoapLimits` bounds, under the same names. */
export type CoapUsage = {
  readonly [
    Name in
      | 'peers'
      | 'exchanges'
      | 'relations'
      | 'responses'
      | 'processing'
      | 'deduplicationEntries'
      | 'deduplicationBytes'
      | 'uploads'
      | 'uploadBytes'
      | 'representations'
      | 'representationBytes'
      | 'downloadBytes'
      | 'multicastRequests'
      | 'delayedResponses'
  ]: number;
};

/** The bounds of an endpoint that names no others. */
export const DEFAULT_LIMITS: CoapLimits = Object.freeze({
  peers: 200_000,
  queuedPerPeer: 256,
  tokensPerPeer: 2048,
  exchanges: 100_000,
  relationsPerPeer: 256,
  relations: 100_000,
  responses: 100_000,
  processingPerPeer: 32,
  processing: 50_000,
  deduplicationPerPeer: 4096,
  deduplicationEntries: 1_000_000,
  deduplicationBytes: 64 * 1024 * 1024,
  uploadsPerPeer: 4,
  uploads: 20_000,
  uploadBytes: 64 * 1024 * 1024,
  representationsPerPeer: 32,
  representations: 20_000,
  representationBytes: 64 * 1024 * 1024,
  downloadBytes: 64 * 1024 * 1024,
  multicastRequests: 256,
  delayedResponses: 1000,
});

/** The default bounds with some of them replaced. Throws `RangeError` for one that is no whole number of 1 or more. */
export function coapLimits(changes: Partial<CoapLimits> = {}): CoapLimits {
  const limits = { ...DEFAULT_LIMITS, ...changes };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`the limit ${name} is a whole number of 1 or more, not ${value}`);
    }
  }
  return limits;
}

// --- Router: server/ ---

/** The default bound on observers of all resources of a router. */
export const MAX_OBSERVERS = 100_000;

// --- Link format: link-format/ ---

/** Characters, or bytes, of a document. */
export const MAX_LINK_FORMAT_LENGTH: number = 1024 * 1024;
/** Links of a document, and attributes of a link. */
export const MAX_LINKS = 16_384;
export const MAX_LINK_ATTRIBUTES = 64;
/** Filters in one request for `/.well-known/core`. */
export const MAX_LINK_FILTERS = 8;
