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
/** The largest body of which every byte is in a block: 1 GiB. */
export const MAX_SOURCE_SIZE: number = (MAX_BLOCK_NUMBER + 1) * 1024;

// --- Engine: engine/ ---

/** Peers that the engine keeps state for. Beyond it the longest silent one without live work makes room. */
export const MAX_PEERS = 200_000;
/** Requests to one peer that wait for their turn (NSTART), and apart from them notifications and separate responses. */
export const MAX_QUEUED_PER_PEER = 256;
/** Requests awaiting a response plus observations of one peer. */
export const MAX_TOKENS_PER_PEER = 2048;
/** The default bound on requests of ours, to all peers, that wait for their turn or their response: about 6 kB each. */
export const MAX_EXCHANGES = 100_000;
/** Observations that one peer may hold of us. */
export const MAX_RELATIONS_PER_PEER = 256;
/**
 * Requests and notifications of one peer whose handlers run at the same time. More are treated as lost. First responses of
 * observations that won't come again run beyond it: they are as many as we asked for.
 */
export const MAX_PROCESSING_PER_PEER = 32;
/** Message IDs remembered to find duplicates: of one peer, and of all. */
export const MAX_DEDUPLICATION_PER_PEER = 4096;
export const MAX_DEDUPLICATION_ENTRIES = 500_000;
/** Bytes of replies kept for duplicates. */
export const MAX_DEDUPLICATION_BYTES: number = 64 * 1024 * 1024;
/** The default bound on a body that arrives in blocks, either role. */
export const DEFAULT_MAX_BODY_SIZE: number = 1024 * 1024;
/** Request bodies being reassembled: of one peer, of all, and their bytes. */
export const MAX_ASSEMBLIES_PER_PEER = 4;
export const MAX_ASSEMBLIES = 20_000;
export const MAX_ASSEMBLY_BYTES: number = 64 * 1024 * 1024;
/** Response bodies kept for peers that fetch them block by block, and their bytes. */
export const MAX_REPRESENTATIONS = 20_000;
export const MAX_REPRESENTATION_BYTES: number = 64 * 1024 * 1024;
/** Bytes of response bodies that are being fetched block by block from all peers. */
export const MAX_DOWNLOAD_BYTES: number = 64 * 1024 * 1024;

// --- Router: server/ ---

/** The default bound on observers of all resources of a router. */
export const MAX_OBSERVERS = 100_000;
/** Bytes of options and payload of a request that is kept to be handled again for notifications. */
export const MAX_OBSERVED_REQUEST_BYTES = 2048;

// --- Link format: link-format/ ---

/** Characters, or bytes, of a document. */
export const MAX_LINK_FORMAT_LENGTH: number = 1024 * 1024;
/** Links of a document, and attributes of a link. */
export const MAX_LINKS = 16_384;
export const MAX_LINK_ATTRIBUTES = 64;
