import {
  certificateFingerprint,
  type CredentialChange,
  type CredentialStore,
  type DeviceCredential,
  type ProvenIdentity,
} from '@flownexus/lwm2m-server';
import type { EditableCredentialStore, EndpointCredential } from '../stores/credential-store.ts';
import type { CertificateStore } from './certificate-store.ts';
import type { Trust } from './trust.ts';

/**
 * Credentials of endpoints, and beside them the certificates that our authority has issued: one belongs to its endpoint as long as it is valid and was not revoked. What is not of our
 * authority is for the credentials to say.
 *
 * With `securing` an endpoint that was given a certificate is believed to be there by nothing less.
 */
export function withCertificates(
  base: EditableCredentialStore,
  options: CertificateCredentialsOptions,
): EditableCredentialStore {
  return new CertificateCredentials(base, options);
}

export interface CertificateCredentialsOptions {
  readonly certificates: CertificateStore;
  readonly trust: Pick<Trust, 'onNarrowed'>;
  readonly securing: boolean;
}

/** No endpoint has an empty name: a change that is about certificates, whosever they are. */
const NOBODY_IN_PARTICULAR = '';

class CertificateCredentials implements EditableCredentialStore {
  readonly #base: EditableCredentialStore;
  readonly #certificates: CertificateStore;
  readonly #trust: Pick<Trust, 'onNarrowed'>;
  readonly #securing: boolean;

  constructor(base: EditableCredentialStore, { certificates, trust, securing }: CertificateCredentialsOptions) {
    this.#base = base;
    this.#certificates = certificates;
    this.#trust = trust;
    this.#securing = securing;
  }

  set(endpointName: string, credential: DeviceCredential): Promise<boolean> {
    return this.#base.set(endpointName, credential);
  }

  setAlong(...change: Parameters<EditableCredentialStore['setAlong']>): Promise<boolean> {
    return this.#base.setAlong(...change);
  }

  delete(endpointName: string): Promise<boolean> {
    return this.#base.delete(endpointName);
  }

  get(endpointName: string): Promise<DeviceCredential | undefined> {
    return this.#base.get(endpointName);
  }

  list(page: Parameters<EditableCredentialStore['list']>[0]): Promise<EndpointCredential[]> {
    return this.#base.list(page);
  }

  pskKey(identity: string): ReturnType<CredentialStore['pskKey']> {
    return this.#base.pskKey(identity);
  }

  async endpointNameOf(identity: ProvenIdentity): Promise<string | undefined> {
    const known = identity.kind === 'x509' ? await this.#certificates.identify(identity.certificate) : undefined;
    return known === undefined ? this.#base.endpointNameOf(identity) : known.endpoint;
  }

  async isRevoked(identity: ProvenIdentity): Promise<boolean> {
    return identity.kind === 'x509' && (await this.#certificates.identify(identity.certificate))?.isRevoked === true;
  }

  async isSecured(endpointName: string): Promise<boolean> {
    if (await this.#base.isSecured(endpointName)) return true;
    return this.#securing && this.#certificates.isSecured(endpointName);
  }

  onChange(listener: (change: CredentialChange) => void): () => void {
    const stops = [
      this.#base.onChange(listener),
      this.#trust.onNarrowed((isRevoked) =>
        listener({ endpointName: NOBODY_IN_PARTICULAR, wasSecured: true, isRevoked }),
      ),
      this.#certificates.onChange(({ kind, endpoint: endpointName, fingerprint, isFirst }) => {
        if (kind === 'revoked') {
          const isRevoked: CredentialChange['isRevoked'] = (identity) =>
            identity.kind === 'x509' && certificateFingerprint(identity.certificate) === fingerprint;
          listener({ endpointName, wasSecured: true, isRevoked });
        } else if (isFirst && this.#securing) {
          listener({ endpointName, wasSecured: false, isRevoked: ({ kind: by }) => by === 'anonymous' });
        }
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
