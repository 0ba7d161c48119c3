import type { Database } from '../database/open-database.ts';
import type { Devices } from './open-devices.ts';

/**
 * Takes everything from an endpoint that makes it act: its registration, the operations that wait for it, its credentials and its bootstrap
 * configuration.
 */
export async function releaseEndpoint({ reads }: Database, devices: Devices, name: string): Promise<void> {
  const { side, credentials, bootstrapCredentials, bootstrapConfigurations } = devices;
  const waiting = await reads
    .selectFrom('EndpointOperation')
    .select('id')
    .where('endpoint', '=', name)
    .where('status', 'in', ['QUEUED', 'SENDING'])
    .execute();
  for (const { id } of waiting) await side.server.operations.cancel(id);
  for (const store of [credentials, bootstrapCredentials, bootstrapConfigurations]) await store.delete(name);
  await side.endRegistration(name);
}
