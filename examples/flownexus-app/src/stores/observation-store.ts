import { createHash } from 'node:crypto';
import type { ObservationStore, StoredObservation } from '@flownexus/lwm2m-server';
import type { Transaction } from 'kysely';
import { z } from 'zod';
import { bulkChange } from '../database/bulk-change.ts';
import { bulkInsert } from '../database/bulk-insert.ts';
import { byColumn } from '../database/bulk-statement.ts';
import type { Database } from '../database/open-database.ts';
import { inPages, PAGE_SIZE } from '../database/pages.ts';
import type { ObservationRow, Tables } from '../database/tables.ts';
import { storeLane } from './lane.ts';
import { type ErrorReport, readable } from './readable.ts';

type Item =
  | { readonly kind: 'save'; readonly row: ObservationRow }
  | { readonly kind: 'remove'; readonly row: Pick<ObservationRow, 'endpoint' | 'target_key'> }
  | { readonly kind: 'end'; readonly row: Pick<ObservationRow, 'endpoint'> };

const columns = {
  endpoint: 'text',
  target_key: 'text',
  composite: 'bigint',
  paths: 'text',
  kept: 'bigint',
  request: 'text',
  registration_id: 'text',
  token: 'blob',
} as const;
const columnNames = Object.keys(columns) as (keyof typeof columns)[];
const upsert = bulkInsert({
  table: 'Observation',
  columns,
  onConflict: `ON CONFLICT (endpoint, target_key) DO UPDATE SET kept = excluded.kept, request = excluded.request,
    registration_id = excluded.registration_id, token = excluded.token`,
});
const remove = bulkChange({ table: 'Observation', by: { endpoint: 'text', target_key: 'text' } });
const removeOthers = bulkChange({ table: 'Observation', by: { endpoint: 'text' }, where: 'kept = 0' });
const end = bulkChange({
  table: 'Observation',
  by: { endpoint: 'text' },
  set: 'registration_id = NULL, token = NULL',
  where: 'token IS NOT NULL',
});

/** Table Observation, for the option `observationStore` of the LwM2M server. `report` is told of rows that can not be read. */
export function observationStore(database: Database, report: ErrorReport): ObservationStore {
  const submit = storeLane<Item>({
    name: 'observations',
    database,
    keyOf: ({ row }) => row.endpoint,
    contentOf: (item) => (item.kind === 'save' ? [item.row.paths, item.row.request] : []),
    write,
  });
  return {
    async load() {
      const observations: StoredObservation[] = [];
      for await (const rows of inPages((last?: ObservationRow) => page(database, last))) {
        observations.push(...readable(rows, toObservation, report, ({ endpoint }) => `an observation of ${endpoint}`));
      }
      return observations;
    },
    save: (observation) => submit({ kind: 'save', row: toRow(observation) }),
    remove: (endpointName, paths, composite) =>
      submit({ kind: 'remove', row: { endpoint: endpointName, target_key: targetKey(paths, composite) } }),
    endRegistration: (endpointName) => submit({ kind: 'end', row: { endpoint: endpointName } }),
  };
}

async function write(trx: Transaction<Tables>, items: readonly Item[]): Promise<void> {
  const saved = items.flatMap((item) => (item.kind === 'save' ? [item.row] : []));
  const removed = items.flatMap((item) => (item.kind === 'remove' ? [item.row] : []));
  const ended = items.flatMap((item) => (item.kind === 'end' ? [item.row] : []));
  await upsert(trx, byColumn(saved, columnNames));
  await remove(trx, byColumn(removed, ['endpoint', 'target_key']));
  await removeOthers(trx, byColumn(ended, ['endpoint']));
  await end(trx, byColumn(ended, ['endpoint']));
}

async function page({ reads }: Database, last: ObservationRow | undefined): Promise<ObservationRow[]> {
  let query = reads.selectFrom('Observation').selectAll().orderBy('endpoint').orderBy('target_key').limit(PAGE_SIZE);
  if (last !== undefined) {
    query = query.where((eb) =>
      eb(eb.refTuple('endpoint', 'target_key'), '>', eb.tuple(last.endpoint, last.target_key)),
    );
  }
  return query.execute();
}

function targetKey(paths: readonly string[], composite: boolean): string {
  return createHash('sha256')
    .update(JSON.stringify([composite, ...paths]))
    .digest('base64url');
}

const requestSchema = z.strictObject({
  attributes: z.record(z.string(), z.number()).optional(),
  contentFormat: z.int().optional(),
  accept: z.int().optional(),
});
const pathsSchema = z.array(z.string());

function toRow(observation: StoredObservation): ObservationRow {
  const { endpointName, paths, composite, attributes, contentFormat, accept, kept, established } = observation;
  return {
    endpoint: endpointName,
    target_key: targetKey(paths, composite),
    composite: composite ? 1 : 0,
    paths: JSON.stringify(paths),
    kept: kept ? 1 : 0,
    request: JSON.stringify({ attributes, contentFormat, accept }),
    registration_id: established?.registrationId ?? null,
    token: established?.token ?? null,
  };
}

function toObservation(row: ObservationRow): StoredObservation {
  const { attributes, contentFormat, accept } = requestSchema.parse(JSON.parse(row.request));
  const { registration_id: registrationId, token } = row;
  return {
    endpointName: row.endpoint,
    paths: pathsSchema.parse(JSON.parse(row.paths)),
    composite: row.composite === 1,
    // The server that wrote them had checked their names.
    attributes,
    contentFormat,
    accept,
    kept: row.kept === 1,
    established: registrationId === null || token === null ? undefined : { registrationId, token },
  };
}
