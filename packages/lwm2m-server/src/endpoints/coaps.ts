import { udpTransport } from '@flownexus/datagram';
import {
  CIPHER_SUITES,
  dtlsTransport,
  type AssociationStore,
  type CertificateDecision,
  type DtlsLimits,
  type DtlsServerOptions,
  type DtlsStatistics,
  type DtlsTransport,
  type HandshakeFailure,
  type OwnCredential,
  type X509Roots,
} from '@flownexus/dtls';
import type { ServerEndpoint } from '../api/server-endpoint.ts';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import type { ProvenIdentity } from '../security/device-credential.ts';
import type { CoapServerEndpointOptions } from './coap.ts';

export { loadCredential } from '@flownexus/dtls';
export type {
  AssociationStore,
  CredentialSource,
  DtlsLimits,
  DtlsStatistics,
  HandshakeFailure,
  OwnCredential,
  StoredAssociation,
  X509Roots,
} from '@flownexus/dtls';

/** Where `coaps()` listens, who it is, and who the devices are. */
export interface CoapsServerEndpointOptions extends Omit<CoapServerEndpointOptions, 'port'> {
  /** The UDP port. Default 5684 (RFC 7252 §12.7); 0 takes any free port, which `Lwm2mServer.addresses` tells. */
  readonly port?: number;
  /** Who the devices are. The server asks it about every registration as well. */
  readonly credentials: CredentialStore;
  /**
   * Our certificate or raw public key, made by `loadCredential`. Without it devices can only have pre-shared keys. A function is asked in each handshake, for one that is
   * renewed while the server runs.
   */
  readonly ownCredential?: OwnCredential | (() => OwnCredential | undefined);
  /**
   * The authorities that certificates of devices come from: PEM or DER. Without them no certificate is accepted. A function is asked in each handshake; what it gives is
   * read when it is another array, and when that can't be used, which the `onError` of the server is told, the roots before hold. Associations outlive the root that they were made with: the
   * `onChange` of `credentials` ends them.
   */
  readonly roots?: X509Roots | (() => X509Roots);
  /** Keeps associations over a restart, so that devices with a Connection ID go on without a handshake. What it holds are keys. */
  readonly associations?: AssociationStore;
  /** The bytes of our Connection IDs (RFC 9146). Default 6; 0 turns them off. */
  readonly connectionIdLength?: number;
  /**
   * Names without `TLS_`, in order of preference. Default: all but those with CBC, those with a pre-shared key first: a device that offers one has a key, and may have no
   * certificate although it offers those suites too.
   */
  readonly cipherSuites?: readonly string[];
  readonly limits?: Partial<DtlsLimits>;
  /** Told of each handshake that failed, with the reason. */
  readonly onHandshakeFailed?: (failure: HandshakeFailure) => void;
  /** Lines of the SSLKEYLOGFILE format: whoever has them reads all traffic. For debugging alone. */
  readonly unsafeKeyLog?: (line: string) => void;
}

/** A server endpoint for CoAP over DTLS. Made by `coaps`. */
export interface CoapsServerEndpoint extends ServerEndpoint {
  readonly credentials: CredentialStore;
  /** What its transport has counted; undefined before the server starts. */
  readonly statistics: DtlsStatistics | undefined;
}

/**
 * A server endpoint for CoAP over DTLS 1.2 (`coaps://`), where devices prove who they are with a pre-shared key, a certificate or a
 * raw public key (TS Transport §5.2). When the credential of a device is changed or removed its association ends at once, and so do
 * handshakes and sessions that made use of it. It is opened by `start` of the server, which rejects with `TransportError` when the
 * address is taken or is none, and with `DtlsError` when a root can't be used.
 *
 * @throws TypeError for roots without a credential of our own
 *
 * @example
 * const credentials = new MemoryCredentialStore();
 * credentials.set('urn:imei:123456789012345', { mode: 'psk', identity: 'device-1', key });
 * const server = new Lwm2mServer({ endpoints: [coaps({ credentials })], objects });
 */
export function coaps(options: CoapsServerEndpointOptions): CoapsServerEndpoint {
  const { credentials, roots, ownCredential } = options;
  if (roots !== undefined && ownCredential === undefined) {
    throw new TypeError('who accepts certificates needs one: `roots` without `ownCredential`');
  }
  let transport: DtlsTransport | undefined;
  return {
    credentials,
    get statistics() {
      return transport?.statistics;
    },
    createTransport: ({ clock, random, signal, onError }) => {
      const created = dtlsTransport({
        transport: udpTransport({ scheme: 'coaps', port: options.port ?? 5684, ...present(options, SOCKET) }),
        clock,
        random,
        server: serverOptions(options),
        onError,
        cipherSuites: SUITES,
        ...(options.associations === undefined ? {} : { store: options.associations }),
        ...present(options, DTLS),
      });
      const stopListening = credentials.onChange((change) => {
        // Without a credential there was nobody to disconnect.
        if (change.wasSecured) {
          created.revoke((identity) => change.isRevoked(identity), 'its credential was changed or removed');
        }
      });
      signal.addEventListener('abort', stopListening, { once: true });
      transport = created;
      return created;
    },
  };
}

/** The keys before the certificates; in the order of the library otherwise. */
const SUITES: readonly string[] = CIPHER_SUITES.filter(({ optIn }) => !optIn)
  .toSorted((a, b) => Number(a.keyExchange === 'ecdhe_ecdsa') - Number(b.keyExchange === 'ecdhe_ecdsa'))
  .map(({ name }) => name);

const SOCKET = ['host', 'receiveBufferSize'] as const;
const DTLS = ['cipherSuites', 'limits', 'onHandshakeFailed', 'unsafeKeyLog'] as const;

/** Those of the options that are there: an option that is undefined is not one that is left out. */
function present<Name extends keyof CoapsServerEndpointOptions>(
  options: CoapsServerEndpointOptions,
  names: readonly Name[],
): { readonly [Key in Name]?: Exclude<CoapsServerEndpointOptions[Key], undefined> } {
  const entries = names.map((name) => [name, options[name]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as {
    readonly [Key in Name]?: Exclude<CoapsServerEndpointOptions[Key], undefined>;
  };
}

function serverOptions(options: CoapsServerEndpointOptions): DtlsServerOptions {
  const { credentials, ownCredential, roots, connectionIdLength } = options;
  const isKnown = (identity: ProvenIdentity): MaybePromise<boolean> =>
    andThen(credentials.endpointNameOf(identity), (endpointName) => endpointName !== undefined);
  const isRevoked = (identity: ProvenIdentity): MaybePromise<boolean> => credentials.isRevoked?.(identity) ?? false;
  const accept = (
    [certificate]: readonly Uint8Array[],
    commonName: string | undefined,
  ): MaybePromise<CertificateDecision> => {
    if (certificate === undefined) return false;
    const identity = { kind: 'x509', certificate, commonName } as const;
    return andThen(isKnown(identity), (known) => {
      if (known) return true;
      return andThen(isRevoked(identity), (revoked): CertificateDecision =>
        revoked
          ? { alert: 'certificate_revoked', reason: 'the certificate was revoked' }
          : { alert: 'access_denied', reason: 'the certificate belongs to no endpoint' },
      );
    });
  };
  return {
    psk: (identity) => credentials.pskKey(identity),
    ...(connectionIdLength === undefined ? {} : { connectionIdLength }),
    ...(ownCredential === undefined
      ? {}
      : {
          credential: ownCredential,
          choosesByServerName: false,
          rawPublicKey: (publicKey) => isKnown({ kind: 'rpk', publicKey }),
        }),
    ...(roots === undefined ? {} : { x509: { roots, accept } }),
  };
}
