import type { Database } from '../database/open-database.ts';
import type { OperationStatus } from '../database/tables.ts';
import { ApiError } from '../http/errors.ts';
import type { OperationRow } from '../stores/operation-rows.ts';
import { itemColumns, type OperationItem, toOperationItem } from './operation-item.ts';

/** Which operations; what is absent does not count. */
export interface OperationFilter {
  readonly state?: OperationStatus | undefined;
  readonly endpoint?: string | undefined;
  readonly bulk?: string | undefined;
  readonly kind?: string | undefined;
}

export interface OperationPage {
  readonly items: readonly OperationItem[];
  readonly nextCursor: string | null;
}

/** How many operations of a bulk are in which state. */
export type BulkCounts = Readonly<Record<OperationStatus, number>>;

/** Reads table EndpointOperation. */
export class OperationReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Rejects with a 404 when there is none. */
  async get(id: string): Promise<OperationRow> {
    const row = await this.#database.reads.selectFrom('EndpointOperation').selectAll().where('id', '=', id).executeTakeFirst(); // prettier-ignore
    if (row === undefined) throw new ApiError(404, 'not-found', 'there is no operation of that id');
    return row;
  }

  /** A page, the latest first. `cursor` is the `nextCursor` of the page before. */
  async page(
    filter: OperationFilter,
    { limit, cursor }: { readonly limit: number; readonly cursor?: number | undefined },
  ): Promise<OperationPage> {
    // prettier-ignore
    const { state, endpoint, bulk, kind } = filter;
    let query = this.#database.longReads.selectFrom('EndpointOperation').select([...itemColumns]);
    if (state !== undefined) query = query.where('status', '=', state);
    if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
    if (bulk !== undefined) query = query.where('bulk_id', '=', bulk);
    if (kind !== undefined) query = query.where('operation_type', '=', kind);
    if (cursor !== undefined) query = query.where('sequence', '<', cursor);
    const rows = await query
      .orderBy('sequence', 'desc')
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    return {
      items: page.map(toOperationItem),
      nextCursor: rows.length > limit ? String(page.at(-1)?.sequence) : null,
    };
  }

  /** Undefined when no operation of the bulk is there. */
  async bulkCounts(bulk: string): Promise<BulkCounts | undefined> {
    const rows = await this.#database.longReads
      .selectFrom('EndpointOperation')
      .select(['status', ({ fn }) => fn.countAll<number>().as('count')])
      .where('bulk_id', '=', bulk)
      .groupBy('status')
      .execute();
    if (rows.length === 0) return undefined;
    const counts = { QUEUED: 0, SENDING: 0, CONFIRMED: 0, FAILED: 0 };
    for (const { status, count } of rows) counts[status] = count;
    return counts;
  }

  /** Ids of those of a bulk that are not finished, at most `limit`, the first after the sequence `after`. */
  async unfinished(
    bulk: string,
    after: number,
    limit: number,
  ): Promise<{ readonly id: string; readonly sequence: number }[]> {
    // prettier-ignore
    return this.#database.longReads.selectFrom('EndpointOperation').select(['id', 'sequence']).where('bulk_id', '=', bulk).where('status', 'in', ['QUEUED', 'SENDING']).where('sequence', '>', after).orderBy('sequence').limit(limit).execute(); // prettier-ignore
  }
}
