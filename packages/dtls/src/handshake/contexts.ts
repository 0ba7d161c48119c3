import type { RandomSource } from '@flownexus/datagram';
import type { PeerIdentity } from '@flownexus/datagram';
import type { CipherSuite } from '../cipher-suites.ts';
import type { NewSessionTicket } from '../messages/certificate.ts';
import type { OwnCredential, ResumableSession } from './machine.ts';

/** What a session that a server can resume consists of: kept in the cache, or sealed in a ticket. */
export interface ServerSession {
  readonly suite: CipherSuite;
  readonly masterSecret: Uint8Array;
  readonly extendedMasterSecret: boolean;
  readonly encryptThenMac: boolean;
  readonly identity: PeerIdentity;
  readonly serverName: string | undefined;
  /** RFC 6066 §4: 1 to 4; it holds for the session and for all that resume it. */
  readonly maxFragmentLength: number | undefined;
  /** When the full handshake that proved the identity began: a moment of `ServerResumption.now`. A resumed session keeps it. */
  readonly startedAtMs: number;
}

/** Where a server keeps sessions for resumption. Synchronous: memory, and sealed tickets. */
export interface ServerResumption {
  /** Milliseconds of a clock of its own, for `ServerSession.startedAtMs`. */
  now(): number;
  /** A session by its id; undefined when it is not known, too old or revoked. */
  findById(sessionId: Uint8Array): ServerSession | undefined;
  /** A session by its ticket; undefined when the ticket is not ours, not whole, too old or revoked. */
  findByTicket(ticket: Uint8Array): ServerSession | undefined;
  /** An id for a session to be remembered by; empty when none are kept. */
  newSessionId(): Uint8Array;
  /** Keeps a session whose handshake has finished. An empty id is not kept. */
  remember(sessionId: Uint8Array, session: ServerSession): void;
  forget(sessionId: Uint8Array): void;
  /** Whether `sealTicket` gives tickets. */
  readonly tickets: boolean;
  /** A ticket for a session. Empty with lifetime 0 for one that can't be given (RFC 5077 §3.3). */
  sealTicket(session: ServerSession): NewSessionTicket;
}

/** How servers ask for client certificates. */
export type ClientCertificates = 'none' | 'required';

/** What a server machine is given. The same object serves all handshakes of a transport, except `localCid`. */
export interface ServerContext {
  readonly random: RandomSource;
  /** In our order of preference, which decides. Those whose credential is missing are left out by the machine. */
  readonly suites: readonly CipherSuite[];
  /** Whether there is a PSK lookup at all. */
  readonly psk: boolean;
  readonly pskIdentityHint: Uint8Array | undefined;
  /** Our certificate or raw key for a server name (RFC 6066 §3); undefined when there is none. */
  credentialFor(serverName: string | undefined): OwnCredential | undefined;
  /** Whether `credentialFor` looks at the name. Only then the name is acknowledged: some clients can't read that (pion 3.1). */
  readonly choosesByServerName: boolean;
  /** With `required` an ECDHE_ECDSA handshake ends with `handshake_failure` without a certificate of the client. */
  readonly clientCertificates: ClientCertificates;
  /** What certificates of clients are accepted: types of RFC 7250. */
  readonly clientCertificateTypes: readonly number[];
  /** Names of the accepted authorities for the CertificateRequest, DER. */
  readonly authorities: readonly Uint8Array[];
  readonly resumption: ServerResumption | undefined;
  /** The Connection ID for this association if the client offers the extension; undefined: the extension is not answered. Called at most once. */
  localCid(): Uint8Array | undefined;
  /** Refuse clients without RFC 7627. */
  readonly requireExtendedMasterSecret: boolean;
  /** Proceed with a random key when an identity is not known, so that nobody can learn which exist (RFC 4279 §2). */
  readonly hideUnknownIdentities: boolean;
  /** The most plaintext we take in a record: answered to record_size_limit. */
  readonly maxPlaintext: number;
}

/** What a client machine is given. */
export interface ClientContext {
  readonly random: RandomSource;
  readonly suites: readonly CipherSuite[];
  /** The identity for a server with a hint; the key is asked for with `needPsk`. Undefined: PSK suites are not offered. */
  readonly pskIdentity: ((hint: Uint8Array | undefined) => Uint8Array) | undefined;
  readonly credential: OwnCredential | undefined;
  /** Types of RFC 7250 that are accepted from the server. */
  readonly serverCertificateTypes: readonly number[];
  readonly serverName: string | undefined;
  readonly session: ResumableSession | undefined;
  /** Whether to ask for a ticket. */
  readonly tickets: boolean;
  /** The Connection ID that we want on records to us: empty to offer the extension only; undefined: it is not offered. */
  readonly localCid: Uint8Array | undefined;
  readonly requireExtendedMasterSecret: boolean;
  /** RFC 6066 §4: 1 to 4; undefined: not offered. */
  readonly maxFragmentLength: number | undefined;
}
