import { sql, type SqlBool } from 'kysely';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';
import { updateStates, type UpdateState } from './flownexus-state.ts';
import { itemColumns, toUpdateDetail, toUpdateItem, type UpdateDetail, type UpdateItem } from './update-item.ts';

/** Which updates; what is absent does not count. */
export interface UpdateFilters {
  readonly endpoint?: string | undefined;
  readonly campaign?: string | undefined;
  readonly firmware?: string | undefined;
  readonly state?: UpdateState | undefined;
  readonly phase?: UpdateItem['phase'] | undefined;
  readonly finished?: boolean | undefined;
}

export interface UpdatePage {
  readonly items: readonly UpdateItem[];
  readonly nextCursor: string | null;
}

/** Reads tables FirmwareUpdate and FirmwareUpdateChange. */
export class UpdateReader {
  readonly #database: Database;
  readonly #transferred: (endpoint: string, id: string) => number | undefined;

  /** `transferred` tells of an update that is under way how many bytes its device took until now. */
  constructor(database: Database, transferred: (endpoint: string, id: string) => number | undefined) {
    this.#database = database;
    this.#transferred = transferred;
  }

  /** One update with its history. Rejects with a 404 when there is none. */
  async get(id: string): Promise<UpdateDetail> {
    const row = await this.#database.reads.selectFrom('FirmwareUpdate').selectAll().where('id', '=', id).executeTakeFirst(); // prettier-ignore
    if (row === undefined) throw new ApiError(404, 'not-found', 'there is no firmware update of that id');
    const history = await this.#database.reads
      .selectFrom('FirmwareUpdateChange')
      .selectAll()
      .where('update_id', '=', id)
      .orderBy('id', 'desc')
      .limit(limits.firmwareUpdateChanges)
      .execute();
    return this.#now(toUpdateDetail(row, history.reverse()));
  }

  /** A page, the latest first. `cursor` is the `nextCursor` of the page before. */
  async page(
    filters: UpdateFilters,
    { limit, cursor }: { readonly limit: number; readonly cursor?: number | undefined },
  ): Promise<UpdatePage> {
    // prettier-ignore
    const { endpoint, campaign, firmware, state, phase, finished } = filters;
    let query = this.#database.longReads.selectFrom('FirmwareUpdate').select([...itemColumns]);
    if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
    if (campaign !== undefined) query = query.where('campaign', '=', campaign);
    if (firmware !== undefined) query = query.where('firmware', '=', firmware);
    if (state !== undefined) query = query.where('state', '=', updateStates.indexOf(state));
    if (phase !== undefined) query = query.where('phase', '=', phase);
    // No parameter: there is an index of those that are not finished.
    if (finished !== undefined) query = query.where(finished ? sql<SqlBool>`finished = 1` : sql<SqlBool>`finished = 0`);
    if (cursor !== undefined) query = query.where('position', '<', cursor);
    const rows = await query
      .orderBy('position', 'desc')
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    return {
      items: page.map((row) => this.#now(toUpdateItem(row))),
      nextCursor: rows.length > limit ? String(page.at(-1)?.position) : null,
    };
  }

  /** The ids of those of an endpoint that are not finished. */
  async unfinished(endpoint: string): Promise<string[]> {
    const rows = await this.#database.reads
      .selectFrom('FirmwareUpdate')
      .select('id')
      .where('endpoint', '=', endpoint)
      .where(sql<SqlBool>`finished = 0`)
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Whether an update that is not finished is with this package. */
  async needs(firmware: string): Promise<boolean> {
    const row = await this.#database.reads
      .selectFrom('FirmwareUpdate')
      .select('id')
      .where('firmware', '=', firmware)
      .where(sql<SqlBool>`finished = 0`)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  #now<Item extends UpdateItem>(item: Item): Item {
    const transferred = item.finished ? undefined : this.#transferred(item.endpoint, item.id);
    return transferred === undefined ? item : { ...item, transferred };
  }
}
