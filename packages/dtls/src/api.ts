import type { Clock, DatagramTransport, Peer, PeerIdentity, RandomSource } from '@flownexus/datagram';
import type { AlertName } from './alert.ts';
import type { OwnCredential, ResumableSession } from './handshake/machine.ts';
import type { DtlsLimits } from './limits.ts';

/** A pre-shared key by its identity, at once or later; undefined for an identity that is not known. The handshake waits, nobody else does. */
export type PskLookup = (
  identity: string,
  bytes: Uint8Array,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** Certificates of authorities: PEM (one or several in a text) or DER. */
export type X509Roots = readonly (string | Uint8Array)[];

/** What is trusted of the peer's certificates (RFC 5280 §6). */
export interface X509Trust {
  /**
   * Whom certificates have to come from. A function is asked in each handshake, for roots that change while the transport is open: what it gives is parsed
   * again when it is another array, and when that can't be used the roots before hold and `onError` is told. An association outlives the root that it was made with: `revoke` ends it.
   */
  readonly roots: X509Roots | (() => X509Roots);
  /**
   * The last word about a chain that is valid, own certificate first, DER: false or a reason refuses it (`certificate_revoked` unless it
   * names another alert). For revocation lists and pinned certificates.
   */
  readonly accept?: (
    chain: readonly Uint8Array[],
    commonName: string | undefined,
  ) => CertificateDecision | Promise<CertificateDecision>;
}
export type CertificateDecision = boolean | { readonly alert: AlertName; readonly reason: string };

/** Whether a raw public key (RFC 7250) is known: DER of its SubjectPublicKeyInfo. */
export type RawPublicKeyTrust = (publicKey: Uint8Array) => boolean | Promise<boolean>;

/** What a server demands of its clients, and who it is itself. */
export interface DtlsServerOptions {
  /** Enables the PSK suites. */
  readonly psk?: PskLookup;
  readonly pskIdentityHint?: string;
  /**
   * Our own certificate or key; enables the ECDHE_ECDSA suites. Made by `loadCredential`. A function is asked in each handshake: for one that is renewed while the
   * transport is open, or by server name where there are several. Undefined: there is none at present, and no such suite.
   */
  readonly credential?: OwnCredential | ((serverName: string | undefined) => OwnCredential | undefined);
  /** Whether `credential` looks at the name, which is then acknowledged (RFC 6066 §3). Default: when it is a function. */
  readonly choosesByServerName?: boolean;
  /** Certificates of clients that are accepted. */
  readonly x509?: X509Trust;
  /** Raw public keys of clients that are accepted. */
  readonly rawPublicKey?: RawPublicKeyTrust;
  /** Without `x509` and `rawPublicKey` no certificate is asked for, and clients of ECDHE_ECDSA suites are anonymous: this has to be said. */
  readonly anonymousClients?: boolean;
  /** Default true: an identity that is not known fails like a wrong key. */
  readonly hideUnknownIdentities?: boolean;
  /** Default 6 bytes; 0 turns Connection IDs off (RFC 9146). */
  readonly connectionIdLength?: number;
  /** Default: both. */
  readonly resumption?: { readonly sessionIds?: boolean; readonly tickets?: boolean };
}

/** Who a client is, and which servers it trusts. */
export interface DtlsClientOptions {
  readonly psk?: { readonly identity: string; readonly key: Uint8Array };
  readonly credential?: OwnCredential;
  readonly x509?: X509Trust;
  readonly rawPublicKey?: RawPublicKeyTrust;
  /**
   * The name that is asked for (RFC 6066 §3) and that the server's certificate has to carry; default: the host that is connected to. An address is
   * not asked for, and the certificate has to carry it unless it is itself among the `roots`.
   */
  readonly serverName?: string;
  /** Default: offered with length 0: we send a Connection ID and receive none. */
  readonly connectionIdLength?: number | 'not-offered';
  /** A session of an earlier association, from `onResumable`. */
  readonly session?: ResumableSession;
  /** Gets what a later client may resume. */
  readonly onResumable?: (session: ResumableSession) => void;
  readonly maxFragmentLength?: 512 | 1024 | 2048 | 4096;
}

/** One association as a store keeps it. */
export interface StoredAssociation {
  /** Names it among the others: `Peer.key`. */
  readonly key: string;
  /** All of it, keys included. Guard it like a key: the store decides how. */
  readonly snapshot: Uint8Array;
  /**
   * Whose it is: `save` gets it, so that a store may remove what is of somebody whose credential was taken away while no transport was open. What `load` gives
   * needs none.
   */
  readonly identity?: PeerIdentity;
}

/**
 * Keeps associations over a restart. `save` replaces what has the same key. While it has not settled, an association uses only the
 * sequence numbers that were leased before, so that no nonce is ever used twice. What rejects goes to `onError` and is tried again.
 *
 * Its content must be that of one transport alone, and never that of an earlier time: two processes with the same associations, or a copy that was
 * put back, use nonces twice, which gives the keys away. Records since the last save (`limits.recordsPerSave`, `saveIntervalMs`) are accepted once
 * more after a crash if somebody replays them.
 */
export interface AssociationStore {
  load(): Promise<Iterable<StoredAssociation>> | Iterable<StoredAssociation>;
  save(association: StoredAssociation): void | Promise<void>;
  remove(key: string): void | Promise<void>;
}

/** A handshake that did not come to its end, with the reason that helps an operator. */
export interface HandshakeFailure {
  readonly host: string;
  readonly port: number;
  readonly role: 'client' | 'server';
  /** What the peer called itself, without proof; undefined when it had not come to that. */
  readonly claimedIdentity: string | undefined;
  readonly reason: Error;
}

/** What a DTLS transport is made of. */
export interface DtlsTransportOptions {
  /** What carries the records: UDP, the memory network of tests. */
  readonly transport: DatagramTransport;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** Accepts handshakes. */
  readonly server?: DtlsServerOptions;
  /** Enables `connect`. */
  readonly client?: DtlsClientOptions;
  /** Names without `TLS_`, in order of preference. Default: all that are not opt-in, `CIPHER_SUITES`. */
  readonly cipherSuites?: readonly string[];
  /** Keeps associations over a restart. */
  readonly store?: AssociationStore;
  /**
   * When a record with a Connection ID comes from a new address (RFC 9146 §6). `newest` (default) goes there at once if the record is newer than
   * all before, bounded by `limits.unprovenFactor` until `confirmPath`. `proven` goes on sending to the old address until `confirmPath`. Only what is
   * sent while `onDatagram` has a datagram from the new one goes there, as bounded, and during that call the peer shows the new address and
   * `pathValidated` false. For a peer whose NAT has forgotten it the engine has to ask for a proof in that call: a CoAP endpoint with
   * `echo: { required: ({ peer }) => !peer.pathValidated }` does.
   */
  readonly addressUpdate?: 'newest' | 'proven';
  /** The largest datagram of a handshake in bytes. Default 1200. */
  readonly mtu?: number;
  /** Refuse peers without the extended master secret (RFC 7627). Default false: many devices lack it; their sessions are not resumed. */
  readonly requireExtendedMasterSecret?: boolean;
  readonly limits?: Partial<DtlsLimits>;
  readonly onAssociation?: (peer: Peer) => void;
  readonly onHandshakeFailed?: (failure: HandshakeFailure) => void;
  /** Lines of the SSLKEYLOGFILE format: whoever has them reads all traffic. For debugging alone. */
  readonly unsafeKeyLog?: (line: string) => void;
  /** What callbacks and the store threw. Must not throw. */
  readonly onError?: (error: unknown, context: string) => void;
}

/** What a DTLS transport has counted since it was made, and what it holds. */
export interface DtlsStatistics {
  readonly associations: number;
  readonly handshakes: number;
  readonly handshakesStarted: number;
  readonly handshakesCompleted: number;
  readonly handshakesResumed: number;
  readonly handshakesFailed: number;
  readonly helloVerifyRequests: number;
  /** Associations that came back from the store. */
  readonly restored: number;
  readonly recordsReceived: number;
  /** Records of associations; those of handshakes are not counted. */
  readonly recordsSent: number;
  /** Records that did not authenticate. */
  readonly recordsForged: number;
  readonly recordsReplayed: number;
  /** Records that fit nothing: no association, wrong epoch, bad format. */
  readonly recordsDropped: number;
  readonly addressChanges: number;
  /** Datagrams not sent: to an address that is not proven, for want of a lease, or without an association. */
  readonly sendsRefused: number;
  /** Refused by a bound of `limits.ts`. */
  readonly limits: number;
  readonly alertsSent: number;
  readonly alertsReceived: number;
  /** Callbacks, handlers and store calls that threw or rejected. */
  readonly callbackErrors: number;
}
