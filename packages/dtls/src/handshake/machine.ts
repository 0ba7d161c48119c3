import type { KeyObject } from 'node:crypto';
import type { PeerIdentity } from '@flownexus/datagram';
import type { AlertName } from '../alert.ts';
import type { CipherSuite } from '../cipher-suites.ts';
import type { TrafficKeys } from '../crypto/traffic-keys.ts';
import type { DtlsError } from '../errors.ts';
import type { CertificateMessage } from '../messages/certificate.ts';
import type { HandshakeMessage } from './handshake-message.ts';

/**
 * A handshake as a state machine: `step(context, state, input)` gives the next state and what to do. Pure: states are never changed, no IO, no
 * clock, no timers; chance comes from the context. It sees whole messages in the order of their message_seq, each once. Records, fragments, epochs
 * of records, retransmission and timers are the business of `HandshakeSession`.
 */
export type HandshakeInput =
  /** The next message in order. `epoch` is that of the records that brought it. */
  | { readonly kind: 'message'; readonly message: HandshakeMessage; readonly epoch: number }
  | { readonly kind: 'changeCipherSpec' }
  /** The answer to `needPsk`: undefined for an identity that is not known. */
  | { readonly kind: 'psk'; readonly key: Uint8Array | undefined }
  /** The answer to `needPeer`. */
  | { readonly kind: 'peer'; readonly verdict: PeerVerdict };

/** Who the certificate or key of the peer belongs to, once it is verified; or why it is refused. */
export type PeerVerdict =
  | { readonly trusted: true; readonly identity: PeerIdentity; readonly publicKey: KeyObject }
  | { readonly trusted: false; readonly alert: AlertName; readonly reason: string };

/** One item of a flight. `epoch` is that of the record it goes into. */
export type FlightItem =
  | { readonly kind: 'message'; readonly epoch: 0 | 1; readonly message: HandshakeMessage }
  | { readonly kind: 'changeCipherSpec' };

export type HandshakeOutput =
  /**
   * Send this flight, and again until the peer answers. `final`: the last flight of the handshake, sent again only when the peer asks.
   * `maxPlaintext` when the peer has asked for small records before there are keys: max_fragment_length counts from the hello on (RFC 6066 §4).
   */
  | {
      readonly kind: 'send';
      readonly flight: readonly FlightItem[];
      readonly final: boolean;
      readonly maxPlaintext?: number;
    }
  /** The machine takes no input but `psk` before it has the answer. */
  | { readonly kind: 'needPsk'; readonly identity: Uint8Array; readonly hint: Uint8Array | undefined }
  /** The machine takes no input but `peer` before it has the answer. */
  | { readonly kind: 'needPeer'; readonly certificate: CertificateMessage; readonly serverName: string | undefined }
  /** Keys of epoch 1, before anything of epoch 1 is sent or read. While `expectsChangeCipherSpec` nothing of epoch 1 is read, even with keys. */
  | { readonly kind: 'keys'; readonly secrets: ConnectionSecrets }
  /** Proven and finished. Comes after the `send` of the final flight, if there is one. */
  | { readonly kind: 'connected'; readonly connection: EstablishedConnection }
  /** The end. With an alert the peer is told. */
  | { readonly kind: 'failed'; readonly error: DtlsError };

/** What the records of epoch 1 need. */
export interface ConnectionSecrets {
  readonly suite: CipherSuite;
  readonly keys: TrafficKeys;
  readonly masterSecret: Uint8Array;
  readonly clientRandom: Uint8Array;
  /** The Connection ID on records that we receive; undefined or empty: they are classic records. */
  readonly localCid: Uint8Array | undefined;
  /** The Connection ID on records that we send; undefined or empty: they are classic records. */
  readonly peerCid: Uint8Array | undefined;
  /** The most plaintext in a record that we send (RFC 6066 §4, RFC 8449), 16384 unless agreed. */
  readonly maxPlaintext: number;
}

/** What a finished handshake leaves behind. */
export interface EstablishedConnection extends ConnectionSecrets {
  /** Who the peer has proven to be. */
  readonly identity: PeerIdentity;
  readonly resumed: boolean;
  readonly serverName: string | undefined;
  /** What a client keeps to resume (RFC 5246 §7.3, RFC 5077); undefined on the server and where the server gave nothing. */
  readonly resumable: ResumableSession | undefined;
}

/** A session that a client can resume. */
export interface ResumableSession {
  readonly suite: CipherSuite;
  readonly masterSecret: Uint8Array;
  readonly extendedMasterSecret: boolean;
  readonly encryptThenMac: boolean;
  readonly sessionId: Uint8Array;
  readonly ticket: Uint8Array | undefined;
  /** Who the server had proven to be. */
  readonly identity: PeerIdentity;
  /** The name that was asked for: the session is resumed for the same name alone (RFC 6066 §3). */
  readonly serverName: string | undefined;
}

/** What one step gives. */
export interface Step<State> {
  readonly state: State;
  readonly outputs: readonly HandshakeOutput[];
}

/** A machine in use: what `HandshakeSession` drives. Made by `serverMachine` and `clientMachine`. */
export interface HandshakeMachine {
  /** Begins: the first flight of a client; nothing on a server, whose first input is the ClientHello. */
  start(): readonly HandshakeOutput[];
  step(input: HandshakeInput): readonly HandshakeOutput[];
  /** Whether a ChangeCipherSpec is what the machine waits for: any other is ignored (RFC 6347 §4.1). */
  readonly expectsChangeCipherSpec: boolean;
  /** Whether it waits for `psk` or `peer`. */
  readonly isWaiting: boolean;
}

/** Our own certificate or raw public key with its private key. Loaded once by `auth/`. */
export interface OwnCredential {
  /** DER, the own certificate first, without the root; undefined when there is a raw key only. */
  readonly chain: readonly Uint8Array[] | undefined;
  /** The SubjectPublicKeyInfo for peers that take raw public keys; undefined when it is not offered. */
  readonly rawPublicKey: Uint8Array | undefined;
  readonly privateKey: KeyObject;
  /** The curve of the key, a number of `NAMED_GROUPS`. */
  readonly group: number;
}
