import { createPrivateKey, createPublicKey, KeyObject } from 'node:crypto';
import type { OwnCredential } from '../handshake/machine.ts';
import { MAX_CHAIN } from '../limits.ts';
import { NAMED_GROUPS, type NamedGroup } from '../named-groups.ts';
import { isSignedBy, parseCertificate, type Certificate } from './certificate.ts';
import { credentialError } from './certificate-error.ts';
import { KeyUsage, sameBytes } from './certificate-fields.ts';
import { certificatesIn, pemText } from './pem.ts';

/** What we prove to peers who we are with. */
export interface CredentialSource {
  /** An EC key on P-256 or P-384: PEM (PKCS #8 or SEC 1, not encrypted), DER, or a key that is loaded. A file's bytes are fine for both. */
  readonly privateKey: string | Uint8Array | KeyObject;
  /** Our certificate and the authorities above it, in this order; the root may be left out. PEM in one text, DER of one, or a list of DER. */
  readonly certificate?: string | Uint8Array | readonly Uint8Array[];
  /** Whether peers that ask for it get the public key alone (RFC 7250). Default: when there is no certificate. */
  readonly rawPublicKey?: boolean;
}

/**
 * Loads our certificate or raw public key once, so that a handshake only signs. Whether the certificate is valid at present is not looked at: peers
 * will say so.
 *
 * @throws DtlsError `ERR_DTLS_CREDENTIAL`, in words, when something of it can't be used
 * @throws TypeError when there is neither a certificate nor a raw public key to show
 *
 * @example
 * const credential = loadCredential({ privateKey: await readFile('key.pem'), certificate: await readFile('chain.pem') });
 */
export function loadCredential(source: CredentialSource): OwnCredential {
  const { certificate, rawPublicKey = certificate === undefined } = source;
  if (certificate === undefined && !rawPublicKey)
    throw new TypeError('a credential has a certificate or a raw public key');
  const privateKey = loadPrivateKey(source.privateKey);
  const group = groupOf(privateKey);
  const publicKey = publicKeyOf(privateKey);
  return {
    chain: certificate === undefined ? undefined : loadChain(certificate, publicKey),
    rawPublicKey: rawPublicKey ? publicKey : undefined,
    privateKey,
    group: group.id,
  };
}

function loadPrivateKey(source: CredentialSource['privateKey']): KeyObject {
  const key = source instanceof KeyObject ? source : parsePrivateKey(source);
  if (key.type !== 'private') throw credentialError('the key is not a private key');
  return key;
}

function parsePrivateKey(source: string | Uint8Array): KeyObject {
  const text = pemText(source);
  // The message of OpenSSL says nothing that helps, and must not carry anything of the key.
  const unreadable = 'the private key can not be read: it has to be PEM or DER of PKCS #8 or SEC 1, without a password';
  try {
    if (text !== undefined) return createPrivateKey(text);
    const der = source as Buffer; // the types ask for a Buffer; Node takes every Uint8Array
    try {
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    } catch {
      return createPrivateKey({ key: der, format: 'der', type: 'sec1' });
    }
  } catch {
    throw credentialError(unreadable);
  }
}

function groupOf(key: KeyObject): NamedGroup {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const group = NAMED_GROUPS.find(({ nodeName }) => nodeName === curve);
  if (key.asymmetricKeyType !== 'ec' || group === undefined) {
    const kind = [key.asymmetricKeyType, curve].filter((word) => word !== undefined).join(' ');
    throw credentialError(`the private key is not an EC key on P-256 or P-384: it is ${kind}`);
  }
  return group;
}

/** SubjectPublicKeyInfo with an uncompressed point, in whatever form the key was stored: a JWK has no other. */
function publicKeyOf(privateKey: KeyObject): Uint8Array {
  const key = createPublicKey(privateKey).export({ format: 'jwk' });
  // A copy: what Node exports may be a slice of its pool.
  return Uint8Array.from(createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'der' }));
}

function loadChain(source: NonNullable<CredentialSource['certificate']>, publicKey: Uint8Array): Uint8Array[] {
  const [own, ...issuers] = parseChain(source);
  if (own === undefined) throw credentialError('the list of certificates is empty');
  if (!sameBytes(own.publicKey, publicKey)) throw credentialError('the certificate does not belong to the private key');
  if (own.keyUsage !== undefined && (own.keyUsage & KeyUsage.digitalSignature) === 0) {
    throw credentialError('the certificate is not for digital signatures (keyUsage)');
  }
  const chain = [own, ...issuers];
  issuers.reduce((certificate, issuer, index) => {
    if (!isSignedBy(certificate, issuer)) {
      throw credentialError(
        `certificate ${index + 1} of the chain was not signed by the next one: our own comes first, then its issuer, and so on`,
      );
    }
    return issuer;
  }, own);
  // RFC 5246 §7.4.2: whoever trusts the root has it.
  const sent = chain.filter((certificate, index) => index === 0 || !sameBytes(certificate.subject, certificate.issuer));
  if (sent.length > MAX_CHAIN) throw credentialError(`the chain has more than ${MAX_CHAIN} certificates`);
  return sent.map(({ der }) => der);
}

function parseChain(source: NonNullable<CredentialSource['certificate']>): Certificate[] {
  try {
    const ders = typeof source === 'string' || source instanceof Uint8Array ? certificatesIn(source) : source;
    return ders.map((der) => parseCertificate(new Uint8Array(der)));
  } catch (error) {
    throw credentialError(
      `the certificate can not be used: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}
