import type { KeyObject } from 'node:crypto';
import type { PeerIdentity } from '@flownexus/datagram';
import type { CipherSuite } from '../../cipher-suites.ts';
import type { CertificateMessage, CertificateRequest } from '../../messages/certificate.ts';
import type { ClientHello } from '../../messages/hello.ts';
import type { EcdhParameters } from '../../messages/key-exchange.ts';
import type { SecretParameters } from '../connection-secrets.ts';
import type { ResumableSession } from '../machine.ts';
import type { Transcript } from '../transcript.ts';

/** What the ClientHello says, and what it stands for. */
export interface Offer {
  /** Without a cookie. */
  readonly hello: ClientHello;
  readonly suites: readonly CipherSuite[];
  /** The session that the hello offers to resume: a server that does echoes the session id of the hello (RFC 5246 §7.3, RFC 5077 §3.4). */
  readonly session: ResumableSession | undefined;
}

/** What both hellos together say, the same from the ServerHello to the end. All bytes are its own. */
export interface Negotiation extends SecretParameters {
  /** Of the ServerHello; empty when the server keeps no session. */
  readonly sessionId: Uint8Array;
  /** Whether a NewSessionTicket will come (RFC 5077 §3.2). */
  readonly ticketDue: boolean;
  readonly serverCertificateType: CertificateMessage['type'];
  readonly clientCertificateType: CertificateMessage['type'];
}

/** Who the server has proven to be by its certificate, and the key that its ServerKeyExchange has to be signed with. */
interface AuthenticatedServer {
  readonly identity: PeerIdentity;
  readonly publicKey: KeyObject;
}

/** What the states before the ServerHello have. */
interface Greeting {
  readonly offer: Offer;
  /** The last ClientHello. */
  readonly transcript: Transcript;
  /** The message_seq of our next message. */
  readonly nextSequence: number;
}

/** What every state between the hellos and the end has. */
export interface Underway {
  readonly negotiation: Negotiation;
  readonly transcript: Transcript;
  /** The message_seq of our next message. */
  readonly nextSequence: number;
}

/** What the messages of a server with a pre-shared key have brought; `ecdh` is undefined with plain PSK. */
export interface PskParameters {
  readonly authentication: 'psk';
  readonly identityHint: Uint8Array | undefined;
  readonly ecdh: EcdhParameters | undefined;
}

/** What the messages of a server with a certificate or raw public key have brought. */
export interface CertificateParameters {
  readonly authentication: 'certificate';
  readonly identity: PeerIdentity;
  readonly ecdh: EcdhParameters;
}

/** What is left when all but the end of the handshake is done. */
export interface Closing extends Underway {
  readonly masterSecret: Uint8Array;
  /** Who the server is when its Finished is right. */
  readonly identity: PeerIdentity;
  /** The session that this handshake resumes. */
  readonly resumed: ResumableSession | undefined;
  /** The ticket of a NewSessionTicket. */
  readonly ticket: Uint8Array | undefined;
}

/**
 * What a client waits for; some of it may be left out by the server. `connected` and `failed` are the ends.
 *
 * A state is never changed. It holds secrets: it must not outlive the handshake.
 */
export type ClientState =
  /** ServerHello; before it HelloVerifyRequest, unless the server trusts our address, and more of them when it changes its secret. */
  | ({ readonly kind: 'serverHello' } & Greeting)
  | ({ readonly kind: 'certificate' } & Underway)
  /** The answer to `needPeer`. */
  | ({ readonly kind: 'peer' } & Underway)
  /** ServerKeyExchange; with plain PSK perhaps ServerHelloDone (RFC 4279 §2). */
  | ({ readonly kind: 'serverKeyExchange'; readonly server: AuthenticatedServer | undefined } & Underway)
  /** CertificateRequest or ServerHelloDone. */
  | ({ readonly kind: 'certificateRequest'; readonly parameters: CertificateParameters } & Underway)
  | ({
      readonly kind: 'serverHelloDone';
      readonly parameters: PskParameters | CertificateParameters;
      readonly request: CertificateRequest | undefined;
    } & Underway)
  /** The answer to `needPsk`. */
  | ({
      readonly kind: 'psk';
      readonly parameters: PskParameters;
      readonly pskIdentity: Uint8Array;
      readonly identity: PeerIdentity;
    } & Underway)
  /** NewSessionTicket, which the ServerHello has announced. */
  | ({ readonly kind: 'newSessionTicket' } & Closing)
  | ({ readonly kind: 'changeCipherSpec' } & Closing)
  | ({ readonly kind: 'finished' } & Closing)
  | { readonly kind: 'connected' }
  | { readonly kind: 'failed' };

/** One state of the union by its name. */
export type ClientStateOf<Kind extends ClientState['kind']> = Extract<ClientState, { readonly kind: Kind }>;
