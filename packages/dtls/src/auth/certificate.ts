import { X509Certificate, type KeyObject } from 'node:crypto';
import { certificateError } from './certificate-error.ts';
import { decodeCertificateFields, type CertificateFields } from './certificate-fields.ts';
import { groupOfPublicKey } from './ec-public-key.ts';

/** A certificate whose form is checked, with a key on P-256 or P-384. Nothing is said about whether it is trusted. */
export interface Certificate extends CertificateFields {
  readonly der: Uint8Array;
  /** Node's view of it, for signatures and names. Making one costs more than all the rest: one per certificate. */
  readonly x509: X509Certificate;
  readonly key: KeyObject;
}

/** RFC 5758 §3.2. The PRF hash and the schemes that we offer (RFC 5246 §7.4.4) are the same two. */
const SIGNATURE_ALGORITHMS: readonly string[] = ['1.2.840.10045.4.3.2', '1.2.840.10045.4.3.3'];

/** Reads a certificate. Throws `DtlsError` with `bad_certificate`, or `unsupported_certificate` for another kind of key. */
export function parseCertificate(der: Uint8Array): Certificate {
  const fields = decodeCertificateFields(der);
  groupOfPublicKey(fields.publicKey);
  try {
    const x509 = new X509Certificate(der);
    return { ...fields, der, x509, key: x509.publicKey };
  } catch {
    throw certificateError('bad_certificate', 'the certificate does not parse, or its key is not a point of its curve');
  }
}

/** Whether the signature on a certificate is one of those that are supported: ECDSA with SHA-256 or SHA-384. */
export function hasSupportedSignature(certificate: Certificate): boolean {
  return SIGNATURE_ALGORITHMS.includes(certificate.signatureAlgorithm);
}

/** Whether `issuer` has signed `certificate`: its names and key identifiers fit (RFC 5280 §6.1.3), and the signature verifies. */
export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.key);
}

/** How messages call a certificate: by its subject, bounded and without control characters. */
export function describe({ x509 }: Certificate): string {
  // The types promise a text, but Node has none for an empty name.
  const subject = (x509.subject as string | undefined)?.replaceAll(/[^\x20-\x7e]+/g, ', ').slice(0, 100);
  return subject === undefined ? 'the certificate without a name' : `the certificate "${subject}"`;
}
