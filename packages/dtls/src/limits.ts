// Every bound of this package. Protocol maxima cite their clause; the rest are ours.

/** RFC 6347 §4.1: a record carries at most 2^14 bytes of plaintext. */
export const MAX_PLAINTEXT = 16_384;
/** RFC 5246 §6.2.3, and 256 for RFC 9146's inner type and padding. */
export const MAX_CIPHERTEXT = 18_432;
/** RFC 9146 §3: a Connection ID has up to 255 bytes; ours have up to 20, what QUIC allows. */
export const MAX_CID_LENGTH = 20;
/** RFC 6347 §4.1: sequence numbers have 48 bits. */
export const MAX_SEQUENCE: number = 2 ** 48 - 1;
/** Records of one datagram that are looked at. */
export const MAX_RECORDS_PER_DATAGRAM = 32;
/** Associations whose keys are at hand as key objects, two kilobytes each. */
export const MAX_RECENT_KEYS = 512;

// --- Handshake messages ---

/** The largest ClientHello in bytes; one that does not fit into a record of one datagram can't be checked statelessly. */
export const MAX_CLIENT_HELLO = 1_400;
/** The largest handshake message in bytes: a chain of certificates. */
export const MAX_HANDSHAKE_MESSAGE = 16_384;
/** All messages of one handshake together, in bytes. */
export const MAX_TRANSCRIPT = 32_768;
/** Handshake messages that may arrive ahead of the one that is due. */
export const MAX_MESSAGES_AHEAD = 6;
/** Separate ranges of one handshake message that is incomplete. */
export const MAX_FRAGMENT_RANGES = 32;
/** Records of the next epoch that wait for its keys, and their bytes. */
export const MAX_EARLY_RECORDS = 4;
export const MAX_EARLY_BYTES = 4_096;
/** Handshake records of epoch 1 that do not authenticate before a handshake ends: the keys of the peers differ. */
export const MAX_FORGED_FINISHED = 3;
/** The smallest datagrams, in bytes, that a handshake can be told to make: headers and 16 bytes of a fragment have to fit. */
export const MIN_MTU = 160;
/** RFC 6347 §4.1.1.1: datagrams become this small, what an IPv4 host has to take (RFC 791 §3.1), when so many retransmissions found no answer. */
export const BACKED_OFF_MTU = 548;
export const RETRANSMISSIONS_BEFORE_BACK_OFF = 2;
/** RFC 6347 §4.2.4: the last flight is kept for twice the maximum segment lifetime of TCP (RFC 793 §3.3), two minutes. */
export const LINGER_MS = 240_000;
/** Certificates in a chain, without the root, which a peer may send as well (RFC 5246 §7.4.2). */
export const MAX_CHAIN = 4;
/** Extensions of one certificate, and key purposes of one. */
export const MAX_CERTIFICATE_EXTENSIONS = 64;
/** Parts of one name in a certificate. */
export const MAX_NAME_ATTRIBUTES = 64;
/** Names of authorities in a CertificateRequest together, in bytes; more are left out, which means any (RFC 5246 §7.4.4). */
export const MAX_AUTHORITY_BYTES = 1_024;
/** RFC 4279 §5.3 asks for 128 at least. */
export const MAX_PSK_IDENTITY = 255;
/** RFC 4279 §5.3 asks for 64 at least. */
export const MAX_PSK_LENGTH = 128;
/** RFC 6347 §4.2.2 begins at 0, and each HelloVerifyRequest adds one: the highest message_seq of a ClientHello that is answered. */
export const MAX_HELLO_SEQUENCE = 255;
/** RFC 6347 §4.2.1: a client follows several HelloVerifyRequests, as a server may change its secret. So many in one handshake. */
export const MAX_HELLO_VERIFY_REQUESTS = 4;
/** Entries of each list in a hello or a CertificateRequest: suites, groups, schemes, extensions, authorities. OpenSSL offers some 160 suites with `ALL`. */
export const MAX_HELLO_LIST = 256;
/** RFC 1035 §2.3.4: a name has up to 255 bytes. */
export const MAX_SERVER_NAME = 255;

// --- Associations ---

/** What protection adds to plaintext at most: header, a Connection ID of 20 bytes, inner type; with an AEAD its explicit nonce and tag, with CBC IV, MAC and padding. */
export const MAX_AEAD_OVERHEAD: number = 13 + MAX_CID_LENGTH + 1 + 8 + 16;
export const MAX_CBC_OVERHEAD: number = 13 + MAX_CID_LENGTH + 1 + 16 + 32 + 16;
/** Datagrams of one association that wait for its lease of sequence numbers, and bytes of those of all. */
export const MAX_HELD_DATAGRAMS = 16;
export const MAX_HELD_BYTES: number = 16 * 1024 * 1024;
/** Associations that are told when a transport closes, those that were heard of last. */
export const MAX_CLOSE_NOTIFIES = 10_000;
/** Saves and removals that a store is given at a time when a transport closes. */
export const MAX_PARALLEL_SAVES = 64;
/** How long a transport that closes waits for them, in milliseconds. */
export const STORE_PATIENCE_MS = 30_000;

// --- Resumption ---

/** The largest ticket in bytes that a server issues and a client shows: it comes back in a ClientHello, which has to fit into `MAX_CLIENT_HELLO`. */
export const MAX_TICKET = 800;
/** Tickets sealed with one key: random nonces of AES-GCM are good for 2^32 (NIST SP 800-38D §8.3). */
export const MAX_TICKETS_PER_KEY: number = 2 ** 32;
/** Identities whose sessions were revoked one by one. Beyond them the oldest takes all older sessions with it. */
export const MAX_REVOCATIONS = 10_000;

/** Bounds and times that an option may change. Times are in milliseconds, sizes in bytes. */
export interface DtlsLimits {
  /** Handshakes under way. One more takes the place of the oldest that has proven nothing but its address. */
  readonly handshakes: number;
  /** Handshakes under way from one IPv4 /24 or IPv6 /64. */
  readonly handshakesPerNetwork: number;
  /** New handshakes per second from one IPv4 /24 or IPv6 /64, and how many may come at once. */
  readonly handshakeRatePerNetwork: number;
  readonly handshakeBurstPerNetwork: number;
  /** Networks whose rate is remembered. */
  readonly networks: number;
  /** From the ClientHello with its cookie to Finished, whatever is retransmitted. */
  readonly handshakeMs: number;
  /** Associations. One more takes the place of the longest silent. */
  readonly associations: number;
  /** Associations of one identity with us, the server, so that nobody drives out others with one credential. One more takes the place of the one that began first. */
  readonly associationsPerIdentity: number;
  /** An association that was silent for so long is forgotten. 0: never. */
  readonly idleMs: number;
  /** Records of one association that did not authenticate; beyond them it is closed (RFC 9147 §4.5.3 allows CCM_8 2^23.5). */
  readonly forgedRecords: number;
  /** Sessions remembered for resumption by session id. */
  readonly sessions: number;
  /** How long a session can be resumed, by id or ticket. */
  readonly sessionMs: number;
  /** How long a cookie is good for, at least. */
  readonly cookieMs: number;
  /** First retransmission (RFC 6347 §4.2.4.1), doubling up to the longest. */
  readonly firstRetransmissionMs: number;
  readonly longestRetransmissionMs: number;
  /** Retransmissions of one flight. */
  readonly retransmissions: number;
  /** How often one association may move its address in a minute. */
  readonly movesPerMinute: number;
  /** Bytes sent to a new address for each byte received from it until it is proven (RFC 9146 §6). */
  readonly unprovenFactor: number;
  /** Write sequence numbers leased from the store at a time. */
  readonly sequenceLease: number;
  /** Records received until the replay window is saved again, and how often at most. */
  readonly recordsPerSave: number;
  readonly saveIntervalMs: number;
}

export const DEFAULT_LIMITS: DtlsLimits = {
  handshakes: 20_000,
  handshakesPerNetwork: 5_000,
  handshakeRatePerNetwork: 2_000,
  handshakeBurstPerNetwork: 10_000,
  networks: 65_536,
  handshakeMs: 60_000,
  associations: 200_000,
  associationsPerIdentity: 100,
  idleMs: 7 * 24 * 3_600_000,
  forgedRecords: 8_388_608,
  sessions: 50_000,
  sessionMs: 24 * 3_600_000,
  cookieMs: 30_000,
  firstRetransmissionMs: 1_000,
  longestRetransmissionMs: 60_000,
  retransmissions: 8,
  movesPerMinute: 10,
  unprovenFactor: 3,
  sequenceLease: 4_096,
  recordsPerSave: 256,
  saveIntervalMs: 30_000,
};
