import type { KeyObject } from 'node:crypto';
import type { PeerIdentity } from '@flownexus/datagram';
import type { EphemeralKey } from '../../crypto/ecdhe.ts';
import type { CertificateMessage } from '../../messages/certificate.ts';
import type { SecretParameters } from '../connection-secrets.ts';
import type { ConnectionSecrets } from '../machine.ts';
import type { Transcript } from '../transcript.ts';

/** What both hellos together say, the same from the ServerHello to the end. All bytes are its own. */
export interface Negotiation extends SecretParameters {
  /** The name that the client asked for (RFC 6066 §3). */
  readonly serverName: string | undefined;
  /** The answer to max_fragment_length (RFC 6066 §4). */
  readonly maxFragmentLength: number | undefined;
  /** Of the ServerHello. In a full handshake the id to remember the session by, empty when none is kept. */
  readonly sessionId: Uint8Array;
  /** Whether the ServerHello has announced a NewSessionTicket (RFC 5077 §3.2). */
  readonly ticketDue: boolean;
  /** The type of certificate that the client is asked for (RFC 7250); undefined when it is not. */
  readonly clientCertificateType: CertificateMessage['type'] | undefined;
  /** `ServerSession.startedAtMs` of a new session. */
  readonly startedAtMs: number;
}

/** What every state between the ClientHello and the end has. */
export interface Underway {
  readonly negotiation: Negotiation;
  readonly transcript: Transcript;
  /** The message_seq of our next message. */
  readonly sendSequence: number;
  /** The message_seq of the client's next message. */
  readonly receiveSequence: number;
}

/** Whose certificate the client has shown. Nobody has proven to be that before CertificateVerify. */
export interface ClaimedPeer {
  readonly identity: PeerIdentity;
  readonly publicKey: KeyObject;
}

/** What is left when all but the end of the handshake is done. */
export interface Closing extends Underway {
  readonly secrets: ConnectionSecrets;
  /** Who the client is when its Finished is right; undefined: no Finished is (its PSK identity is not known). */
  readonly identity: PeerIdentity | undefined;
  /** How the session was found that this handshake resumes. */
  readonly resumed: 'no' | 'bySessionId' | 'byTicket';
}

/**
 * What a server waits for. `connected` and `failed` are the ends: they take any input and change no more.
 *
 * A state is never changed. It holds secrets: it must not outlive the handshake.
 */
export type ServerState =
  | { readonly kind: 'awaitClientHello' }
  /** Certificate of a client that was asked for one. */
  | ({ readonly kind: 'awaitCertificate'; readonly ephemeral: EphemeralKey } & Underway)
  /** The answer to `needPeer`. */
  | ({ readonly kind: 'awaitPeer'; readonly ephemeral: EphemeralKey } & Underway)
  | ({
      readonly kind: 'awaitClientKeyExchange';
      /** Undefined with plain PSK. */
      readonly ephemeral: EphemeralKey | undefined;
      /** Undefined when the client was asked for no certificate. */
      readonly claimed: ClaimedPeer | undefined;
    } & Underway)
  /** The answer to `needPsk`. */
  | ({
      readonly kind: 'awaitPsk';
      readonly identity: PeerIdentity;
      /** The ECDH shared secret; undefined with plain PSK. */
      readonly ecdhSecret: Uint8Array | undefined;
    } & Underway)
  | ({
      readonly kind: 'awaitCertificateVerify';
      readonly masterSecret: Uint8Array;
      readonly claimed: ClaimedPeer;
    } & Underway)
  | ({ readonly kind: 'awaitChangeCipherSpec' } & Closing)
  | ({ readonly kind: 'awaitFinished' } & Closing)
  | { readonly kind: 'connected' }
  | { readonly kind: 'failed' };

/** One state of the union by its name. */
export type ServerStateOf<Kind extends ServerState['kind']> = Extract<ServerState, { readonly kind: Kind }>;
