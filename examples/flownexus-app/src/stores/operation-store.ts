import type { OperationStore, QueuedOperation } from '@flownexus/lwm2m-server';
import { bulkInsert } from '../database/bulk-insert.ts';
import { byColumn } from '../database/bulk-statement.ts';
import type { Database } from '../database/open-database.ts';
import { inPages, PAGE_SIZE } from '../database/pages.ts';
import type { OperationStatus } from '../database/tables.ts';
import { lastSequence } from './last-sequence.ts';
import { storeLane } from './lane.ts';
import { fromOperationRow, type OperationRow, toOperationRow } from './operation-rows.ts';
import { type ErrorReport, readable } from './readable.ts';

const columns = {
  id: 'text',
  sequence: 'bigint',
  endpoint: 'text',
  operation_type: 'text',
  path: 'text',
  operation: 'text',
  status: 'text',
  transmit_counter: 'bigint',
  max_attempts: 'bigint',
  repeatable: 'bigint',
  replace_key: 'text',
  metadata: 'text',
  timestamp_created: 'bigint',
  updated_at: 'bigint',
  last_attempt: 'bigint',
  expires_at: 'bigint',
  response_code: 'text',
  failure_reason: 'text',
  failure_message: 'text',
  result: 'text',
  bulk_id: 'text',
} as const;
const columnNames = Object.keys(columns) as (keyof typeof columns)[];
/** What can not change as long as an operation is there. */
const fixed: ReadonlySet<string> = new Set(['id', 'sequence', 'endpoint', 'operation_type', 'path', 'operation', 'last_attempt']); // prettier-ignore
const upsert = bulkInsert({
  table: 'EndpointOperation',
  columns,
  onConflict: `ON CONFLICT (id) DO UPDATE SET
    ${columnNames
      .filter((name) => !fixed.has(name))
      .map((name) => `${name} = excluded.${name}`)
      .join(', ')},
    last_attempt = coalesce(excluded.last_attempt, "EndpointOperation".last_attempt)`,
});

/**
 * Table EndpointOperation, for the option `operationStore` of the LwM2M server. How long finished operations stay in it is for `OperationRetention` to say.
 * `report` is told of rows that can not be read.
 */
export function operationStore(database: Database, report: ErrorReport): OperationStore {
  const submit = storeLane<OperationRow>({
    name: 'operations',
    database,
    keyOf: ({ id }) => id,
    contentOf: ({ operation, result }) => [operation, result],
    write: (trx, rows) => upsert(trx, byColumn(rows, columnNames)),
  });
  const { reads } = database;
  const operations = (rows: readonly OperationRow[]): QueuedOperation[] =>
    readable(rows, fromOperationRow, report, ({ id }) => `the operation ${id}`);

  const ofStatus = async (status: OperationStatus): Promise<QueuedOperation[]> => {
    const found: QueuedOperation[] = [];
    const page = (last?: OperationRow): Promise<OperationRow[]> =>
      reads.selectFrom('EndpointOperation').selectAll().where('status', '=', status).where('sequence', '>', last?.sequence ?? -1).orderBy('sequence').limit(PAGE_SIZE).execute(); // prettier-ignore
    for await (const rows of inPages(page)) found.push(...operations(rows));
    return found;
  };

  return {
    async load() {
      const waiting = [...(await ofStatus('QUEUED')), ...(await ofStatus('SENDING'))];
      return waiting.sort((a, b) => a.sequence - b.sequence);
    },
    lastSequence: () => lastSequence(reads),
    save: (operation) => submit(toOperationRow(operation)),
    async get(id) {
      const [operation] = operations(
        await reads.selectFrom('EndpointOperation').selectAll().where('id', '=', id).execute(),
      );
      return operation;
    },
    async list(endpointName, limit) {
      const rows = await reads.selectFrom('EndpointOperation').selectAll().where('endpoint', '=', endpointName).orderBy('sequence', 'desc').limit(limit).execute(); // prettier-ignore
      return operations(rows);
    },
  };
}
