import {
  type FirmwareCampaign,
  type FirmwareCounts,
  type FirmwareStore,
  type FirmwareUpdate,
  parseFirmwareCampaign,
  parseFirmwareUpdate,
  type UpdateFilter,
} from '@flownexus/lwm2m-server';
import { sql, type SqlBool } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import { byColumn } from '../database/bulk-statement.ts';
import type { Database } from '../database/open-database.ts';
import { inPages, PAGE_SIZE } from '../database/pages.ts';
import { limits } from '../limits.ts';
import { storeLane } from '../stores/lane.ts';
import { type ErrorReport, readable } from '../stores/readable.ts';
import { type NewCampaignRow, type NewChangeRow, type NewUpdateRow, toCampaignRow, toChangeRow, toUpdateRow } from './firmware-rows.ts'; // prettier-ignore

const updateColumns = {
  id: 'text',
  endpoint: 'text',
  firmware: 'text',
  firmware_version: 'text',
  campaign: 'text',
  state: 'bigint',
  result: 'bigint',
  phase: 'text',
  finished: 'bigint',
  delivery: 'text',
  attempts: 'bigint',
  transferred: 'bigint',
  size: 'bigint',
  failure_reason: 'text',
  failure_message: 'text',
  created_by: 'text',
  timestamp_created: 'bigint',
  timestamp_updated: 'bigint',
  firmware_update: 'text',
} as const;
const changeColumns = {
  update_id: 'text',
  time: 'bigint',
  phase: 'text',
  state: 'bigint',
  result: 'bigint',
  attempt: 'bigint',
  failure_reason: 'text',
  failure_message: 'text',
} as const;
const campaignColumns = {
  id: 'text',
  name: 'text',
  firmware: 'text',
  firmware_version: 'text',
  state: 'text',
  over: 'bigint',
  start_at: 'bigint',
  total: 'bigint',
  retry_of: 'text',
  created_by: 'text',
  timestamp_created: 'bigint',
  timestamp_updated: 'bigint',
  firmware_campaign: 'text',
} as const;
const updateNames = Object.keys(updateColumns) as (keyof typeof updateColumns)[];
const changeNames = Object.keys(changeColumns) as (keyof typeof changeColumns)[];
const campaignNames = Object.keys(campaignColumns) as (keyof typeof campaignColumns)[];

const saveUpdates = bulkInsert({ table: 'FirmwareUpdate', columns: updateColumns, onConflict: replacing(updateNames, ['id', 'endpoint', 'timestamp_created']) }); // prettier-ignore
const saveChanges = bulkInsert({ table: 'FirmwareUpdateChange', columns: changeColumns, onConflict: 'ON CONFLICT (update_id, time, phase, attempt) DO NOTHING' }); // prettier-ignore
const saveCampaigns = bulkInsert({ table: 'FirmwareCampaign', columns: campaignColumns, onConflict: replacing(campaignNames, ['id', 'timestamp_created']) }); // prettier-ignore

/** What an update came to, as its history has it last, and how many changes that has. */
interface Last {
  readonly phase: string;
  readonly attempts: number;
  readonly changes: number;
}

/**
 * Tables FirmwareUpdate, FirmwareUpdateChange and FirmwareCampaign, for the option `store` of the `FirmwareUpdater`. How long what is finished stays in them is
 * for `FirmwareUpdateRetention` to say. `report` is told of rows that can not be read.
 */
export function firmwareStore(database: Database, report: ErrorReport): FirmwareStore {
  return new DatabaseFirmwareStore(database, report);
}

class DatabaseFirmwareStore implements FirmwareStore {
  readonly #database: Database;
  readonly #report: ErrorReport;
  readonly #submitUpdate: (item: { row: NewUpdateRow; change: NewChangeRow | undefined }) => Promise<void>;
  readonly #submitCampaign: (row: NewCampaignRow) => Promise<void>;
  /** By the ids of updates that are not finished. */
  readonly #last = new Map<string, Last>();

  constructor(database: Database, report: ErrorReport) {
    this.#database = database;
    this.#report = report;
    this.#submitUpdate = storeLane({
      database,
      keyOf: ({ row }) => row.id,
      contentOf: ({ row }) => [row.firmware_update],
      write: async (trx, items) => {
        await saveUpdates(trx, byColumn(items.map(({ row }) => row), updateNames)); // prettier-ignore
        await saveChanges(trx, byColumn(items.flatMap(({ change }) => change ?? []), changeNames)); // prettier-ignore
      },
    });
    this.#submitCampaign = storeLane({
      database,
      keyOf: ({ id }) => id,
      contentOf: (row) => [row.firmware_campaign],
      write: (trx, rows) => saveCampaigns(trx, byColumn(rows, campaignNames)),
    });
  }

  async load(): Promise<FirmwareUpdate[]> {
    const updates: FirmwareUpdate[] = [];
    const page = (last?: { readonly position: number }) =>
      this.#database.reads
        .selectFrom('FirmwareUpdate')
        .select(['position', 'id', 'firmware_update'])
        // Not a parameter: the index is of these alone.
        .where(sql<SqlBool>`finished = 0`)
        .where('position', '>', last?.position ?? -1)
        .orderBy('position')
        .limit(PAGE_SIZE)
        .execute();
    for await (const rows of inPages(page)) updates.push(...this.#updates(rows));
    for (const { id, state, attempts } of updates) this.#last.set(id, { phase: state, attempts, changes: 0 });
    return updates;
  }

  async save(update: FirmwareUpdate): Promise<void> {
    const row = toUpdateRow(update);
    const last = this.#last.get(row.id);
    const { phase, attempts } = row;
    const isChange = last?.phase !== phase || last.attempts !== attempts;
    const isKept = isChange && (row.finished === 1 || (last?.changes ?? 0) < limits.firmwareUpdateChanges);
    await this.#submitUpdate({ row, change: isKept ? toChangeRow(row) : undefined });
    if (row.finished === 1) this.#last.delete(row.id);
    else if (isChange) this.#last.set(row.id, { phase, attempts, changes: (last?.changes ?? 0) + 1 });
  }

  async get(id: string): Promise<FirmwareUpdate | undefined> {
    const rows = await this.#database.reads.selectFrom('FirmwareUpdate').select(['id', 'firmware_update']).where('id', '=', id).execute(); // prettier-ignore
    return this.#updates(rows)[0];
  }

  async list({
    endpointName,
    campaignId,
    limit,
  }: UpdateFilter & { readonly limit: number }): Promise<FirmwareUpdate[]> {
    // prettier-ignore
    let query = this.#database.reads.selectFrom('FirmwareUpdate').select(['id', 'firmware_update']);
    if (endpointName !== undefined) query = query.where('endpoint', '=', endpointName);
    if (campaignId !== undefined) query = query.where('campaign', '=', campaignId);
    return this.#updates(await query.orderBy('position', 'desc').limit(limit).execute());
  }

  async count(campaignId: string): Promise<FirmwareCounts> {
    const rows = await this.#database.longReads
      .selectFrom('FirmwareUpdate')
      .select(['phase', ({ fn }) => fn.countAll<number>().as('updates')])
      .where('campaign', '=', campaignId)
      .groupBy('phase')
      .execute();
    return Object.fromEntries(rows.map(({ phase, updates }) => [phase, updates]));
  }

  async campaigns(): Promise<FirmwareCampaign[]> {
    const rows = await this.#database.longReads.selectFrom('FirmwareCampaign').select(['id', 'firmware_campaign']).orderBy('position').execute(); // prettier-ignore
    return readable(rows, (row) => parseFirmwareCampaign(row.firmware_campaign), this.#report, ({ id }) => `the firmware campaign ${id}`); // prettier-ignore
  }

  saveCampaign(campaign: FirmwareCampaign): Promise<void> {
    return this.#submitCampaign(toCampaignRow(campaign));
  }

  #updates(rows: readonly { readonly id: string; readonly firmware_update: string }[]): FirmwareUpdate[] {
    return readable(rows, (row) => parseFirmwareUpdate(row.firmware_update), this.#report, ({ id }) => `the firmware update ${id}`); // prettier-ignore
  }
}

function replacing(names: readonly string[], fixed: readonly string[]): string {
  const changed = names.filter((name) => !fixed.includes(name)).map((name) => `${name} = excluded.${name}`);
  return `ON CONFLICT (id) DO UPDATE SET ${changed.join(', ')}`;
}
