import type { FirmwareState } from '@flownexus/lwm2m-server';
import type { Selectable } from 'kysely';
import type { FirmwareCampaignRow } from '../database/firmware-update-tables.ts';
import type { Database } from '../database/open-database.ts';
import { inPages, PAGE_SIZE } from '../database/pages.ts';
import { ApiError } from '../http/errors.ts';
import { type CampaignCounts, type CampaignDetail, type CampaignItem, toCampaignDetail, toCampaignItem } from './campaign-item.ts'; // prettier-ignore

export interface CampaignPage {
  readonly items: readonly CampaignItem[];
  readonly nextCursor: string | null;
}

interface CountRow {
  readonly campaign: string | null;
  readonly phase: string;
  readonly failure_reason: string | null;
  readonly updates: number;
}

/** Reads table FirmwareCampaign, and counts the updates of campaigns. */
export class CampaignReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Rejects with a 404 when there is none. */
  async get(id: string): Promise<CampaignDetail> {
    const row = await this.#database.reads.selectFrom('FirmwareCampaign').selectAll().where('id', '=', id).executeTakeFirst(); // prettier-ignore
    if (row === undefined) throw new ApiError(404, 'not-found', 'there is no firmware campaign of that id');
    const counts = await this.#counted().where('campaign', '=', id).execute();
    return toCampaignDetail(row, countsOf(counts));
  }

  /** A page, the latest first. `cursor` is the `nextCursor` of the page before. */
  async page(
    state: CampaignItem['state'] | undefined,
    { limit, cursor }: { readonly limit: number; readonly cursor?: number | undefined },
  ): Promise<CampaignPage> {
    let query = this.#database.longReads.selectFrom('FirmwareCampaign').orderBy('position', 'desc');
    if (state !== undefined) query = query.where('state', '=', state);
    if (cursor !== undefined) query = query.where('position', '<', cursor);
    const rows: Selectable<FirmwareCampaignRow>[] = await query.selectAll().limit(limit + 1).execute(); // prettier-ignore
    const page = rows.slice(0, limit);
    const counted = await this.#counted().where('campaign', 'in', query.select('id').limit(limit)).execute();
    const byCampaign = Map.groupBy(counted, ({ campaign }) => campaign);
    return {
      items: page.map((row) => toCampaignItem(row, countsOf(byCampaign.get(row.id) ?? []))),
      nextCursor: rows.length > limit ? String(page.at(-1)?.position) : null,
    };
  }

  /** How many are not over. */
  async unfinished(): Promise<number> {
    const row = await this.#database.reads.selectFrom('FirmwareCampaign').select(({ fn }) => fn.countAll<number>().as('count')).where('over', '=', 0).executeTakeFirst(); // prettier-ignore
    return row?.count ?? 0;
  }

  /** Whether one that is not over tries the failed updates of a campaign once more. */
  async isRetried(id: string): Promise<boolean> {
    const row = await this.#database.reads.selectFrom('FirmwareCampaign').select('id').where('over', '=', 0).where('retry_of', '=', id).limit(1).executeTakeFirst(); // prettier-ignore
    return row !== undefined;
  }

  /** The names of the endpoints whose update in a campaign has FAILED, in the order in which they were selected. */
  async failed(id: string): Promise<string[]> {
    const names: string[] = [];
    const page = (last?: { readonly position: number }) =>
      this.#database.longReads
        .selectFrom('FirmwareUpdate')
        .select(['position', 'endpoint'])
        .where('campaign', '=', id)
        .where('phase', '=', 'FAILED')
        .where('position', '>', last?.position ?? -1)
        .orderBy('position')
        .limit(PAGE_SIZE)
        .execute();
    for await (const rows of inPages(page)) names.push(...rows.map(({ endpoint }) => endpoint));
    return names;
  }

  #counted() {
    return this.#database.longReads
      .selectFrom('FirmwareUpdate')
      .select(['campaign', 'phase', 'failure_reason', ({ fn }) => fn.countAll<number>().as('updates')])
      .groupBy(['campaign', 'phase', 'failure_reason']);
  }
}

function countsOf(rows: readonly CountRow[]): CampaignCounts {
  const counts: Partial<Record<FirmwareState, number>> = {};
  const failures: Record<string, number> = {};
  for (const { phase, failure_reason: reason, updates } of rows) {
    // Written from an update.
    const state = phase as FirmwareState;
    counts[state] = (counts[state] ?? 0) + updates;
    if (state === 'FAILED' && reason !== null) failures[reason] = (failures[reason] ?? 0) + updates;
  }
  return { counts, failures };
}
