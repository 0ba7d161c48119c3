import { type AssociationStore, identityKeys, type StoredAssociation } from '@flownexus/lwm2m-server';
import { bulkChange } from '../database/bulk-change.ts';
import { bulkInsert } from '../database/bulk-insert.ts';
import { byColumn } from '../database/bulk-statement.ts';
import { escapeNul, unescapeNul } from '../database/nul-text.ts';
import type { Database } from '../database/open-database.ts';
import { inPages, PAGE_SIZE } from '../database/pages.ts';
import type { DtlsAssociationRow, ServerName } from '../database/tables.ts';
import { storeLane } from './lane.ts';

type Item =
  | { readonly kind: 'save'; readonly row: DtlsAssociationRow }
  | { readonly kind: 'remove'; readonly row: Pick<DtlsAssociationRow, 'server' | 'key'> };

const columns = { server: 'text', key: 'text', snapshot: 'blob', identity_key: 'text', identity_name: 'text' } as const;
const columnNames = Object.keys(columns) as (keyof typeof columns)[];
const upsert = bulkInsert({
  table: 'DtlsAssociation',
  columns,
  // An association keeps its identity as long as it lives.
  onConflict: 'ON CONFLICT (server, key) DO UPDATE SET snapshot = excluded.snapshot',
});
const remove = bulkChange({ table: 'DtlsAssociation', by: { server: 'text', key: 'text' } });

/**
 * Table DtlsAssociation, for the option `associations` of the one `coaps` endpoint of a server: what devices that sleep find again after a restart. Those
 * that were made with a credential go when the credential does (see `credentialStore`).
 */
export function associationStore(database: Database, server: ServerName): AssociationStore {
  const submit = storeLane<Item>({
    name: 'associations',
    database,
    keyOf: ({ row }) => row.key,
    contentOf: (item) => (item.kind === 'save' ? [item.row.snapshot] : []),
    write: async (trx, items) => {
      const saved = items.flatMap((item) => (item.kind === 'save' ? [item.row] : []));
      const removed = items.flatMap((item) => (item.kind === 'remove' ? [item.row] : []));
      await upsert(trx, byColumn(saved, columnNames));
      await remove(trx, byColumn(removed, ['server', 'key']));
    },
  });
  return {
    async load() {
      const associations: StoredAssociation[] = [];
      for await (const rows of inPages((last?: KeyedSnapshot) => page(database, server, last?.key ?? ''))) {
        for (const { key, snapshot } of rows) associations.push({ key: unescapeNul(key), snapshot });
      }
      return associations;
    },
    save: ({ key, snapshot, identity }) => {
      const [first, second] = identity === undefined || identity.kind === 'anonymous' ? [] : identityKeys(identity);
      const row: DtlsAssociationRow = {
        server,
        key: escapeNul(key),
        // The caller may go on to use its array while this one waits.
        snapshot: new Uint8Array(snapshot),
        identity_key: first === undefined ? null : escapeNul(first),
        identity_name: second === undefined ? null : escapeNul(second),
      };
      return submit({ kind: 'save', row });
    },
    remove: (key) => submit({ kind: 'remove', row: { server, key: escapeNul(key) } }),
  };
}

type KeyedSnapshot = Pick<DtlsAssociationRow, 'key' | 'snapshot'>;

function page({ reads }: Database, server: ServerName, after: string): Promise<KeyedSnapshot[]> {
  return reads.selectFrom('DtlsAssociation').select(['key', 'snapshot']).where('server', '=', server).where('key', '>', after).orderBy('key').limit(PAGE_SIZE).execute(); // prettier-ignore
}
