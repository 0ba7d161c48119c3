import { limits } from '../limits.ts';
import type { Authority } from './authority.ts';
import type { CertificateStore, StoredCertificate } from './certificate-store.ts';
import { checkRequest, RequestRefusedError } from './certification-request.ts';

export interface IssuerOptions {
  readonly authority: Authority;
  readonly certificates: CertificateStore;
  /** Where revocation lists are; undefined: certificates do not say. */
  readonly crlUrl: string | undefined;
  readonly now?: () => number;
}

/** Issues certificates to endpoints. */
export class Issuer {
  readonly #options: IssuerOptions;

  constructor(options: IssuerOptions) {
    this.#options = options;
  }

  /**
   * The certificate that a request asks for, stored. Without `days` as many as is usual, as far as the authority lasts.
   *
   * Rejects with a {@link RequestRefusedError} that says why there is none.
   */
  async issue(asked: {
    readonly endpoint: string;
    /** DER of the CertificationRequest: may be anything. */
    readonly request: Uint8Array<ArrayBuffer>;
    readonly days: number | undefined;
    readonly issuedBy: string;
  }): Promise<StoredCertificate> {
    const { endpoint, issuedBy } = asked;
    const { authority, certificates, crlUrl, now = Date.now } = this.#options;
    if (Array.from(endpoint).length > limits.commonNameLength) {
      throw new RequestRefusedError(
        `the name of the endpoint has more than the ${String(limits.commonNameLength)} characters that a common name may have (RFC 5280)`,
      );
    }
    const lasting = Math.floor((authority.notAfter - now()) / 86_400_000);
    const days = asked.days ?? Math.min(limits.certificateDays, lasting);
    if (days < 1 || days > lasting)
      throw new RequestRefusedError(
        `the authority ends in ${String(lasting)} days: no certificate is valid for longer`,
      );
    const publicKey = await checkRequest(asked.request, endpoint);
    return certificates.add({ endpoint, publicKey, issuedBy }, () =>
      authority.signDevice({ endpoint, publicKey, days, crlUrl }),
    );
  }
}
