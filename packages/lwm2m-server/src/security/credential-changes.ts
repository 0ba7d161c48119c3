import type { PeerIdentity } from '@flownexus/datagram';
import type { CredentialChange } from './credential-store.ts';
import { isOfCredential, sameCredential, type DeviceCredential } from './device-credential.ts';

/** Who is told of changes of credentials: what a `CredentialStore` does for its `onChange`. */
export class CredentialChanges {
  #listeners: readonly ((change: CredentialChange) => void)[] = [];

  /** Adds a listener. Returns what takes it back. */
  on(listener: (change: CredentialChange) => void): () => void {
    const entry = (change: CredentialChange): void => listener(change); // its own, also for one that is added twice
    this.#listeners = [...this.#listeners, entry];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== entry);
    };
  }

  /** Tells that an endpoint has another credential now, or none; undefined: it had none, or has none any more. */
  emit(endpointName: string, previous: DeviceCredential | undefined, next: DeviceCredential | undefined): void {
    if (previous === undefined && next === undefined) return;
    if (previous !== undefined && next !== undefined && sameCredential(previous, next)) return;
    const isRevoked = (identity: PeerIdentity): boolean => {
      if (identity.kind === 'anonymous') return next !== undefined;
      return previous !== undefined && isOfCredential(identity, previous);
    };
    for (const listener of this.#listeners) listener({ endpointName, wasSecured: previous !== undefined, isRevoked });
  }
}
