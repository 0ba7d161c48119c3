import type { Lwm2mServerOptions } from '../api/options.ts';
import type { CredentialStore } from '../security/credential-store.ts';

/** The stores that a server asks, each once. */
export function credentialsOf({
  credentials,
  endpoints,
}: Pick<Lwm2mServerOptions, 'credentials' | 'endpoints'>): readonly CredentialStore[] {
  if (credentials !== undefined) return [credentials];
  const stores = endpoints.map((endpoint) => endpoint.credentials).filter((store) => store !== undefined);
  return [...new Set(stores)];
}
