import type { OperationQueue } from '@flownexus/lwm2m-server';
import type { Database } from '../database/open-database.ts';
import { callingQueue } from './queue-errors.ts';

/** Takes back what waits for an endpoint that is to be removed, and removes all its operations. What is queued meanwhile stays. */
export async function forgetOperations(
  { database, queue }: { readonly database: Database; readonly queue: Pick<OperationQueue, 'cancel'> },
  endpointName: string,
): Promise<void> {
  const waiting = await database.reads.selectFrom('EndpointOperation').select('id').where('endpoint', '=', endpointName).where('status', 'in', ['QUEUED', 'SENDING']).execute(); // prettier-ignore
  for (const { id } of waiting) await callingQueue(() => queue.cancel(id));
  await database.db
    .deleteFrom('EndpointOperation')
    .where('endpoint', '=', endpointName)
    .where('status', 'in', ['CONFIRMED', 'FAILED'])
    .execute();
}
