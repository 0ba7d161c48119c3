import { formatRegistration, parseRegistration } from '../registration/registration-json.ts';
import type { RegistrationStore, StoredRegistration } from '../registration/registration-store.ts';

/** Registrations in memory, as text: what a test gives to one server after another to restart it. */
export class MemoryRegistrationStore implements RegistrationStore {
  /** In the order of the Registers, by endpoint name. */
  readonly #stored = new Map<string, { readonly registrationId: string; readonly text: string } & Where>();

  /** How many endpoints have a registration. */
  get size(): number {
    return this.#stored.size;
  }

  load(): Iterable<StoredRegistration> {
    return [...this.#stored.values()].map(({ text, peerKey, serverAddress }) => ({
      registration: parseRegistration(text),
      peerKey,
      serverAddress,
    }));
  }

  save({ registration, peerKey, serverAddress }: StoredRegistration): void {
    const { endpointName, registrationId } = registration;
    // An Update leaves the registration in its place; a Register goes to the end.
    if (this.#stored.get(endpointName)?.registrationId !== registrationId) this.#stored.delete(endpointName);
    const text = formatRegistration(registration);
    this.#stored.set(endpointName, { registrationId, text, peerKey, serverAddress });
  }

  remove(endpointName: string, registrationId: string): void {
    if (this.#stored.get(endpointName)?.registrationId === registrationId) this.#stored.delete(endpointName);
  }
}

type Where = Pick<StoredRegistration, 'peerKey' | 'serverAddress'>;
