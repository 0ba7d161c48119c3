import {
  formatRegistration,
  parseRegistration,
  type RegistrationStore,
  type StoredRegistration,
} from '@flownexus/lwm2m-server';
import type { Transaction } from 'kysely';
import { bulkChange } from '../database/bulk-change.ts';
import { bulkInsert } from '../database/bulk-insert.ts';
import { byColumn } from '../database/bulk-statement.ts';
import type { Database } from '../database/open-database.ts';
import { inPages, PAGE_SIZE } from '../database/pages.ts';
import type { RegistrationRow, Tables } from '../database/tables.ts';
import { storeLane } from './lane.ts';
import { type ErrorReport, readable } from './readable.ts';

type Item =
  | { readonly kind: 'save'; readonly row: Omit<RegistrationRow, 'position'> }
  | { readonly kind: 'remove'; readonly row: Pick<RegistrationRow, 'endpoint' | 'registration_id'> };

const upsert = bulkInsert({
  table: 'Registration',
  columns: { endpoint: 'text', registration_id: 'text', peer_key: 'text', server_address: 'text', position: 'bigint', registration: 'text' }, // prettier-ignore
  // An Update leaves the registration in its place.
  onConflict: `ON CONFLICT (endpoint) DO UPDATE SET registration_id = excluded.registration_id, peer_key = excluded.peer_key,
    server_address = excluded.server_address, registration = excluded.registration, position = CASE
      WHEN "Registration".registration_id = excluded.registration_id THEN "Registration".position ELSE excluded.position END`,
});
const remove = bulkChange({ table: 'Registration', by: { endpoint: 'text', registration_id: 'text' } });

/** Table Registration, for the option `registrationStore` of the LwM2M server. `report` is told of rows that can not be read. */
export function registrationStore(database: Database, report: ErrorReport): RegistrationStore {
  let position: number | undefined;

  const save = async (trx: Transaction<Tables>, rows: readonly Omit<RegistrationRow, 'position'>[]): Promise<void> => {
    let last = position ?? (await lastPosition(trx));
    await upsert(trx, {
      ...byColumn(rows, ['endpoint', 'registration_id', 'peer_key', 'server_address', 'registration']),
      position: rows.map(() => ++last),
    });
    // Of a transaction that is rolled back, numbers are left out.
    position = last;
  };

  const submit = storeLane<Item>({
    name: 'registrations',
    database,
    keyOf: ({ row }) => row.endpoint,
    contentOf: (item) => (item.kind === 'save' ? [item.row.registration] : []),
    write: async (trx, items) => {
      const saved = items.flatMap((item) => (item.kind === 'save' ? [item.row] : []));
      const removed = items.flatMap((item) => (item.kind === 'remove' ? [item.row] : []));
      if (saved.length > 0) await save(trx, saved);
      await remove(trx, byColumn(removed, ['endpoint', 'registration_id']));
    },
  });

  return {
    async load() {
      const registrations: StoredRegistration[] = [];
      for await (const rows of inPages((last?: RegistrationRow) => page(database, last?.position ?? -1))) {
        registrations.push(
          ...readable(rows, toRegistration, report, ({ endpoint }) => `the registration of ${endpoint}`),
        );
      }
      return registrations;
    },
    save: ({ registration, peerKey, serverAddress }) => {
      const { endpointName, registrationId } = registration;
      const row = { endpoint: endpointName, registration_id: registrationId, peer_key: peerKey, server_address: serverAddress, registration: formatRegistration(registration) }; // prettier-ignore
      return submit({ kind: 'save', row });
    },
    remove: (endpointName, registrationId) =>
      submit({ kind: 'remove', row: { endpoint: endpointName, registration_id: registrationId } }),
  };
}

function page({ reads }: Database, after: number): Promise<RegistrationRow[]> {
  return reads.selectFrom('Registration').selectAll().where('position', '>', after).orderBy('position').limit(PAGE_SIZE).execute(); // prettier-ignore
}

async function lastPosition(trx: Transaction<Tables>): Promise<number> {
  const row = await trx
    .selectFrom('Registration')
    .select(({ fn }) => fn.max('position').as('last'))
    .executeTakeFirst();
  return row?.last ?? 0;
}

function toRegistration(row: RegistrationRow): StoredRegistration {
  return {
    registration: parseRegistration(row.registration),
    peerKey: row.peer_key,
    serverAddress: row.server_address,
  };
}
