import type { CredentialStore } from './credential-store.ts';
import {
  checkCredential,
  credentialKey,
  identityKeys,
  type DeviceCredential,
  type ProvenIdentity,
} from './device-credential.ts';
import { CredentialChanges } from './credential-changes.ts';
import { identityTaken } from './identity-taken.ts';

/**
 * Credentials in memory, one for each endpoint.
 *
 * @example
 * const credentials = new MemoryCredentialStore();
 * credentials.set('urn:imei:123456789012345', { mode: 'psk', identity: 'device-1', key: randomBytes(16) });
 */
export class MemoryCredentialStore implements CredentialStore {
  readonly #byEndpoint = new Map<string, DeviceCredential>();
  /** Endpoint names by `credentialKey`. */
  readonly #owners = new Map<string, string>();
  readonly #changes = new CredentialChanges();

  /** How many endpoints have a credential. */
  get size(): number {
    return this.#byEndpoint.size;
  }

  /**
   * Gives an endpoint its credential, in place of the one that it had.
   *
   * @throws RangeError when something of it is too long, empty, or no fingerprint
   * @throws Lwm2mServerError `ERR_LWM2M_SERVER_IDENTITY_TAKEN` when another endpoint has the identity
   */
  set(endpointName: string, credential: DeviceCredential): void {
    checkCredential(credential);
    const key = credentialKey(credential);
    const owner = this.#owners.get(key);
    if (owner !== undefined && owner !== endpointName) throw identityTaken();
    const previous = this.#byEndpoint.get(endpointName);
    if (previous !== undefined) this.#owners.delete(credentialKey(previous));
    this.#byEndpoint.set(endpointName, credential);
    this.#owners.set(key, endpointName);
    this.#changes.emit(endpointName, previous, credential);
  }

  /** Takes the credential of an endpoint away. False when it had none. */
  delete(endpointName: string): boolean {
    const previous = this.#byEndpoint.get(endpointName);
    if (previous === undefined) return false;
    this.#byEndpoint.delete(endpointName);
    this.#owners.delete(credentialKey(previous));
    this.#changes.emit(endpointName, previous, undefined);
    return true;
  }

  get(endpointName: string): DeviceCredential | undefined {
    return this.#byEndpoint.get(endpointName);
  }

  pskKey(identity: string): Uint8Array | undefined {
    const endpointName = this.endpointNameOf({ kind: 'psk', identity });
    const credential = endpointName === undefined ? undefined : this.#byEndpoint.get(endpointName);
    return credential?.mode === 'psk' ? credential.key : undefined;
  }

  endpointNameOf(identity: ProvenIdentity): string | undefined {
    for (const key of identityKeys(identity)) {
      const endpointName = this.#owners.get(key);
      if (endpointName !== undefined) return endpointName;
    }
    return undefined;
  }

  isSecured(endpointName: string): boolean {
    return this.#byEndpoint.has(endpointName);
  }

  onChange(listener: Parameters<CredentialStore['onChange']>[0]): () => void {
    return this.#changes.on(listener);
  }
}
