import type { PeerIdentity } from '@flownexus/datagram';
import type { MaybePromise } from '../maybe-promise.ts';
import type { ProvenIdentity } from './device-credential.ts';

/** The credential of an endpoint was set, exchanged for another, or removed. */
export interface CredentialChange {
  readonly endpointName: string;
  /** Whether there was a credential before: if not, nobody has proven to be the endpoint, and only the anonymous identity is revoked. */
  readonly wasSecured: boolean;
  /**
   * Whether a peer of this identity is the endpoint no longer: that of the credential that was there before, and the anonymous one since there is a
   * credential.
   */
  isRevoked(identity: PeerIdentity): boolean;
}

/**
 * Who devices are. `coaps` asks it during handshakes, and the server at each Register, Update and De-register. What it can answer at once it should:
 * a promise costs a turn of the event loop. What throws or rejects refuses the handshake, and the request with 5.03.
 */
export interface CredentialStore {
  /** The key of a PSK identity; undefined when it has none. */
  pskKey(identity: string): MaybePromise<Uint8Array | undefined>;
  /**
   * The endpoint that an identity belongs to; undefined: to none, so that it is not accepted. A certificate that comes here was issued by an
   * accepted authority, a raw public key is any. Which of the names in a certificate counts is for the store to say: `commonName` is at hand, and
   * `new X509Certificate(identity.certificate).subjectAltName` of `node:crypto` has the others.
   */
  endpointNameOf(identity: ProvenIdentity): MaybePromise<string | undefined>;
  /** Why a certificate belongs to no endpoint: whether it was revoked, which `coaps` then says in its alert. Asked only after `endpointNameOf` has given none. Default: it was not. */
  isRevoked?(identity: ProvenIdentity): MaybePromise<boolean>;
  /** Whether an endpoint has a credential: nobody is believed to be it without. */
  isSecured(endpointName: string): MaybePromise<boolean>;
  /** Calls `listener` after each change, until the function that it returns is called. */
  onChange(listener: (change: CredentialChange) => void): () => void;
}
