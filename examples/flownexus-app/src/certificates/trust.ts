import { X509Certificate } from 'node:crypto';
import { certificateFingerprint, type ProvenIdentity } from '@flownexus/lwm2m-server';
import type { RootCertificate } from './root-certificate.ts';
import type { TrustedRoots } from './trusted-roots.ts';

/** What a peer has proven. */
type Identity = ProvenIdentity | { readonly kind: 'anonymous' };
/** Whether a peer has shown a certificate that nobody who is trusted has issued. */
export type IsOrphan = (identity: Identity) => boolean;

export interface TrustOptions {
  /** DER of our authority. */
  readonly authority: Uint8Array;
  /** Those of the file that the configuration names. */
  readonly configured: readonly RootCertificate[];
  readonly added: TrustedRoots;
}

/** Whose certificates devices may have: our authority, those of a file, and those that were added. */
export class Trust {
  readonly #authority: Uint8Array;
  readonly #added: TrustedRoots;
  readonly #followers = new Set<() => void>();
  readonly #listeners = new Set<(isOrphan: IsOrphan) => void>();
  #configured: readonly RootCertificate[];
  #roots: readonly Uint8Array[] = [];

  constructor({ authority, configured, added }: TrustOptions) {
    this.#authority = authority;
    this.#configured = configured;
    this.#added = added;
    this.#collect();
    added.onChange(() => this.#change());
  }

  /** DER. The same array as long as nothing has changed. */
  get roots(): readonly Uint8Array[] {
    return this.#roots;
  }

  get configured(): readonly RootCertificate[] {
    return this.#configured;
  }

  /** The file has others now. */
  setConfigured(roots: readonly RootCertificate[]): void {
    this.#configured = roots;
    this.#change();
  }

  /** Calls `listener` after each change. */
  onChange(listener: () => void): void {
    this.#followers.add(listener);
  }

  /**
   * Calls `listener` when somebody is trusted no longer, until the function that it returns is called. Who has a certificate with others between it and its root counts as an orphan too,
   * since those are not remembered: it proves itself anew.
   */
  onNarrowed(listener: (isOrphan: IsOrphan) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #change(): void {
    const before = this.#roots;
    this.#collect();
    for (const follower of this.#followers) follower();
    const known = new Set(this.#roots.map(certificateFingerprint));
    if (before.every((root) => known.has(certificateFingerprint(root)))) return;
    const isOrphan = orphans(this.#roots);
    for (const listener of this.#listeners) listener(isOrphan);
  }

  #collect(): void {
    this.#roots = [this.#authority, ...[...this.#configured, ...this.#added.list].map(({ der }) => der)];
  }
}

function orphans(roots: readonly Uint8Array[]): IsOrphan {
  const issuers = roots.map((root) => new X509Certificate(root));
  const verdicts = new Map<string, boolean>();
  return (identity) => {
    if (identity.kind !== 'x509') return false;
    const fingerprint = certificateFingerprint(identity.certificate);
    const known = verdicts.get(fingerprint);
    if (known !== undefined) return known;
    const certificate = new X509Certificate(identity.certificate);
    const isOrphan = !issuers.some(
      (issuer) =>
        issuer.fingerprint256 === certificate.fingerprint256 ||
        (certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)),
    );
    verdicts.set(fingerprint, isOrphan);
    return isOrphan;
  };
}
