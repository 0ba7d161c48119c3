import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { endpointParams } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { deleteLogsOf } from '../logs/log-retention.ts';
import { ValueTrimmer } from '../retention/value-trimmer.ts';
import type { Ingest } from '../values/ingest.ts';
import { keepLastSequence } from '../stores/last-sequence.ts';

export interface RemoveEndpointOptions {
  readonly database: Database;
  readonly ingest: Pick<Ingest, 'removeEndpoint'>;
  /** Ends the registration of the endpoint and its observations, and takes its credentials away; resolves when that is done. */
  readonly release: (endpoint: string) => Promise<void>;
  /** Cancels what is queued for it. Called once more in the end, for what was queued meanwhile. */
  readonly cancelOperations: (endpoint: string) => Promise<void>;
  /** Called when nothing of it is left, or when that has failed. */
  readonly released: (endpoint: string) => void;
  /** Aborted when the app stops. */
  readonly stopping?: AbortSignal;
}

/** `DELETE /api/v1/endpoints/{name}`. */
export function removeEndpointRoute(options: RemoveEndpointOptions): Route {
  const running = new Map<string, Promise<void>>();
  // Who asks for what is under way waits for it: a second removal would go on with an endpoint that may have come anew.
  const removal = (name: string): Promise<void> => {
    let one = running.get(name);
    if (one === undefined) {
      one = removeEndpoint(options, name).finally(() => running.delete(name));
      running.set(name, one);
    }
    return one;
  };
  return route({
    method: 'delete',
    path: '/api/v1/endpoints/{name}',
    operationId: 'deleteEndpoint',
    summary: 'Delete an endpoint with all its data',
    description: 'Its registration, operations and credentials go with it. It appears anew when it registers again.',
    tag: 'Endpoints',
    access: 'administer',
    params: endpointParams,
    answers: {
      204: { description: 'It is gone' },
      404: { description: 'No endpoint of that name is known' },
    },
    handle: async ({ params: { name } }) => {
      await removal(name);
      return { status: 204 };
    },
  });
}

async function removeEndpoint(options: RemoveEndpointOptions, name: string): Promise<void> {
  const row = await options.database.reads.selectFrom('Endpoint').select('endpoint').where('endpoint', '=', name).executeTakeFirst(); // prettier-ignore
  if (row === undefined) {
    throw new ApiError(404, 'unknown-endpoint', `no endpoint named ${JSON.stringify(name)} is known`);
  }
  try {
    await options.release(name);
    await options.cancelOperations(name);
    await deleteStored(options, name);
    // From now on nobody knows it, so that nothing more is queued.
    await options.cancelOperations(name);
    await deleteOperations(options, name);
  } finally {
    options.released(name);
  }
}

/** Deletes what is stored of an endpoint: its values in small transactions, then the rest in one. */
async function deleteStored(options: RemoveEndpointOptions, name: string): Promise<void> {
  const { database, ingest, stopping } = options;
  const signal = stopping ?? new AbortController().signal;
  const trimmer = new ValueTrimmer(database, signal);
  const series = await database.longReads.selectFrom('Series').select('id').where('endpoint', '=', name).execute();
  for (const { id } of series) await trimmer.deleteAll(id);
  await deleteEvents(database, name, signal);
  await deleteLogsOf(database, name, signal);
  await database.db.deleteFrom('BootstrapSession').where('endpoint', '=', name).execute();
  await database.db.deleteFrom('FirmwareUpdate').where('endpoint', '=', name).execute();
  await deleteOperations(options, name);
  signal.throwIfAborted();
  await ingest.removeEndpoint(name);
}

/** Those that are over. */
async function deleteOperations({ database }: RemoveEndpointOptions, name: string): Promise<void> {
  await database.db.transaction().execute(async (trx) => {
    await keepLastSequence(trx);
    await trx
      .deleteFrom('EndpointOperation')
      .where('endpoint', '=', name)
      .where('status', 'in', ['CONFIRMED', 'FAILED'])
      .execute();
  });
}

async function deleteEvents(database: Database, endpoint: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const rows = await database.longReads
      .selectFrom('Event')
      .select('id')
      .where('endpoint', '=', endpoint)
      .limit(limits.retentionRows)
      .execute();
    if (rows.length === 0) return;
    await database.db.deleteFrom('Event').where('id', 'in', rows.map(({ id }) => id)).execute(); // prettier-ignore
  }
}
