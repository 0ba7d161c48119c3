import { X509Certificate } from 'node:crypto';
import { certificateFingerprint } from '@flownexus/lwm2m-server';
import { PemConverter } from './x509.ts';

/** The certificate of an authority that devices may have theirs from. */
export interface RootCertificate {
  readonly der: Uint8Array<ArrayBuffer>;
  /** SHA-256 in lower-case hexadecimal. */
  readonly fingerprint: string;
  /** On one line, without control characters. */
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
  /** Whether it may certify others: else it is the pinned certificate of one device. */
  readonly isAuthority: boolean;
}

/**
 * Reads certificates in PEM, one or several, or one in DER, as our DTLS takes them: with a key on P-256 or P-384.
 *
 * @throws Error that says what is wrong
 */
export function readRoots(source: string | Uint8Array): RootCertificate[] {
  return dersOf(source).map((bytes) => {
    const der = Uint8Array.from(bytes);
    const certificate = parse(der);
    const curve = certificate.publicKey.asymmetricKeyDetails?.namedCurve;
    if (curve !== 'prime256v1' && curve !== 'secp384r1')
      throw new Error('the key of a certificate is not an EC key on P-256 or P-384');
    // Node has no subject for an empty name, whatever its type says.
    const subject = ((certificate.subject as string | undefined) ?? '').replaceAll(/\p{Cc}+/gu, ', ').slice(0, 500);
    return {
      der,
      fingerprint: certificateFingerprint(der),
      subject,
      notAfter: certificate.validToDate.getTime(),
      isAuthority: certificate.ca,
    };
  });
}

function dersOf(source: string | Uint8Array): Uint8Array[] {
  // DER begins with the tag of a SEQUENCE.
  if (typeof source !== 'string' && source[0] === 0x30) return [source];
  const text = typeof source === 'string' ? source : Buffer.from(source).toString('utf8');
  const blocks = PemConverter.isPem(text) ? PemConverter.decodeWithHeaders(text) : [];
  const found = blocks.filter(({ type }) => type === 'CERTIFICATE').map(({ rawData }) => new Uint8Array(rawData));
  if (found.length === 0) throw new Error('there is no certificate in it');
  return found;
}

function parse(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw new Error('a certificate can not be read');
  }
}
