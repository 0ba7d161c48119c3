import type { Clock, DatagramTransport, RandomSource } from '@flownexus/datagram';
import { dtlsTransport, loadCredential, type DtlsClientOptions } from '@flownexus/dtls';
import { Lwm2mClientError } from '../errors.ts';
import { SecurityMode, serverOf, type SecurityAccount } from './security-account.ts';

/** Certificate usages by which the certificate of the server itself is given (RFC 6698 §2.1.1); by others it is one of an authority. */
const OF_SERVER_ITSELF: ReadonlySet<number> = new Set([1, 3]);

/**
 * What DTLS proves to the server of an account, and what it expects of it; undefined without DTLS. The device has no authorities of its
 * own: certificate usages 0 and 1 are taken as 2 and 3.
 *
 * @throws DtlsError `ERR_DTLS_CREDENTIAL`, Lwm2mClientError `ERR_LWM2M_CLIENT_ACCOUNT`, when the account can not be used
 */
export function dtlsOptionsOf(account: SecurityAccount): DtlsClientOptions | undefined {
  const { scheme } = serverOf(account);
  const { securityMode, publicKeyOrIdentity, serverPublicKey, secretKey, serverName } = account;
  // TS Transport §5.2: the scheme and the Security Mode say the same.
  if ((scheme === 'coap') !== (securityMode === SecurityMode.NO_SEC)) {
    throw accountError(account, `a ${scheme} URI with the Security Mode ${securityMode}`);
  }
  if (securityMode === SecurityMode.NO_SEC) return undefined;
  if (publicKeyOrIdentity.length === 0) throw accountError(account, 'no public key or identity (3)');
  if (secretKey.length === 0) throw accountError(account, 'no secret key (5)');
  if (securityMode === SecurityMode.PSK) {
    return { psk: { identity: identityOf(account), key: secretKey } };
  }
  // With EST the certificate is one that the device has asked for itself.
  if (securityMode !== SecurityMode.RPK && securityMode !== SecurityMode.X509 && securityMode !== SecurityMode.EST) {
    throw accountError(account, `the Security Mode ${securityMode}, which this device does not have`);
  }
  if (serverPublicKey.length === 0) throw accountError(account, 'no public key of the server (4)');
  const isServer = (bytes: Uint8Array | undefined): boolean =>
    bytes?.length === serverPublicKey.length && serverPublicKey.every((byte, index) => byte === bytes[index]);
  if (securityMode === SecurityMode.RPK) {
    return { credential: loadCredential({ privateKey: secretKey }), rawPublicKey: isServer };
  }
  return {
    credential: loadCredential({ privateKey: secretKey, certificate: publicKeyOrIdentity }),
    x509: {
      roots: [serverPublicKey],
      accept: ([own]) => !OF_SERVER_ITSELF.has(account.certificateUsage) || isServer(own),
    },
    ...(serverName === undefined ? {} : { serverName }),
  };
}

/** The transport to the server of an account: DTLS over what is given, or that itself. Throws like {@link dtlsOptionsOf}. */
export function accountTransport(
  account: SecurityAccount,
  below: () => DatagramTransport,
  clock: Clock,
  random: RandomSource,
): DatagramTransport {
  const client = dtlsOptionsOf(account);
  return client === undefined ? below() : dtlsTransport({ transport: below(), clock, random, client });
}

function identityOf(account: SecurityAccount): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(account.publicKeyOrIdentity);
  } catch {
    throw accountError(account, 'an identity that is not UTF-8'); // RFC 4279 §5.1
  }
}

function accountError({ instanceId }: SecurityAccount, found: string): Lwm2mClientError {
  return new Lwm2mClientError('ERR_LWM2M_CLIENT_ACCOUNT', `/0/${instanceId} has ${found}`);
}
