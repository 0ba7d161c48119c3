import { MAX_AUTHORITY_BYTES } from '../limits.ts';
import { parseCertificate, type Certificate } from './certificate.ts';
import { credentialError } from './certificate-error.ts';
import { sameBytes } from './certificate-fields.ts';
import { certificatesIn } from './pem.ts';

/** Certificates that are trusted by themselves: roots, and pinned certificates of single peers (RFC 5280 §6.1.1 d). Parsed once. */
export class TrustAnchors {
  readonly #certificates: readonly Certificate[];
  #names: readonly Uint8Array[] | undefined;

  /** @throws DtlsError `ERR_DTLS_CREDENTIAL` when one does not parse or has another kind of key */
  constructor(roots: readonly (string | Uint8Array)[]) {
    this.#certificates = roots.flatMap(parseRoots);
  }

  /** Whether this very certificate is an anchor. */
  has(certificate: Certificate): boolean {
    return this.#certificates.some(({ der }) => sameBytes(der, certificate.der));
  }

  /** What bears the name of the issuer of a certificate. */
  issuersOf(certificate: Certificate): Certificate[] {
    return this.#certificates.filter(({ subject }) => sameBytes(subject, certificate.issuer));
  }

  /**
   * Names for a CertificateRequest (RFC 5246 §7.4.4), DER: the issuers that certificates of peers are to have. None, which means any, when they
   * would take too much room.
   */
  get names(): readonly Uint8Array[] {
    this.#names ??= this.#collectNames();
    return this.#names;
  }

  #collectNames(): readonly Uint8Array[] {
    const names: Uint8Array[] = [];
    for (const { isAuthority, subject, issuer } of this.#certificates) {
      const name = isAuthority ? subject : issuer;
      if (!names.some((known) => sameBytes(known, name))) names.push(name);
    }
    const bytes = names.reduce((sum, name) => sum + 2 + name.length, 0);
    return bytes > MAX_AUTHORITY_BYTES ? [] : names;
  }
}

function parseRoots(source: string | Uint8Array, index: number): Certificate[] {
  try {
    return certificatesIn(source).map(parseCertificate);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw credentialError(`roots[${index}] can not be used: ${reason}`, error);
  }
}
