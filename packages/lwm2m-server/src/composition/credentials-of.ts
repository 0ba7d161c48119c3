import type { Lwm2mServerOptions } from '../api/options.ts';
import type { CredentialChange, CredentialStore } from '../security/credential-store.ts';

/** The stores that a server asks, each once. */
export function credentialsOf({
  credentials,
  endpoints,
}: Pick<Lwm2mServerOptions, 'credentials' | 'endpoints'>): readonly CredentialStore[] {
  if (credentials !== undefined) return [credentials];
  const stores = endpoints.map((endpoint) => endpoint.credentials).filter((store) => store !== undefined);
  return [...new Set(stores)];
}

/** Calls `listener` at each change in the stores, until `stopped` aborts. */
export function followCredentials(
  stores: readonly CredentialStore[],
  stopped: AbortSignal,
  listener: (change: CredentialChange) => void,
): void {
  for (const store of stores) stopped.addEventListener('abort', store.onChange(listener), { once: true });
}
