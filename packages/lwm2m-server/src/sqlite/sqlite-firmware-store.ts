import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ErrorReporter } from '../events.ts';
import { isOver, type FirmwareCampaign, type FirmwareCounts } from '../firmware/firmware-campaign.ts';
import {
  formatFirmwareCampaign,
  formatFirmwareUpdate,
  parseFirmwareCampaign,
  parseFirmwareUpdate,
} from '../firmware/firmware-json.ts';
import type { FirmwareStore, UpdateFilter } from '../firmware/firmware-store.ts';
import { isFinal, type FirmwareUpdate } from '../firmware/firmware-update.ts';
import type { GroupCommit } from './group-commit.ts';
import { integerOf, textOf, type Row } from './row.ts';
import { inPages, PAGE_SIZE, readable } from './rows.ts';

/** How long finished firmware updates and campaigns are kept. */
export interface FirmwareRetention {
  /** Days after an update or a campaign ended. Default 365. */
  readonly days?: number;
}

const MS_PER_DAY = 86_400_000;
/** What the end of one update removes of others at most: more than it adds, so that no backlog stays. */
const CLEANUP_SIZE = 16;

/** Tables FirmwareUpdate and FirmwareCampaign. */
export class SqliteFirmwareStore implements FirmwareStore {
  readonly #commit: GroupCommit;
  readonly #report: ErrorReporter;
  readonly #retentionMs: number;
  readonly #page: StatementSync;
  readonly #upsert: StatementSync;
  readonly #deleteOld: StatementSync;
  readonly #get: StatementSync;
  readonly #lists: readonly [
    all: StatementSync,
    ofEndpoint: StatementSync,
    ofCampaign: StatementSync,
    ofBoth: StatementSync,
  ];
  readonly #count: StatementSync;
  readonly #campaigns: StatementSync;
  readonly #upsertCampaign: StatementSync;
  readonly #deleteOldCampaigns: StatementSync;

  constructor(
    database: DatabaseSync,
    commit: GroupCommit,
    report: ErrorReporter,
    { days = 365 }: FirmwareRetention = {},
  ) {
    if (!(days >= 1 && days <= Number.MAX_SAFE_INTEGER)) throw new RangeError('days is a number of 1 or more');
    this.#commit = commit;
    this.#report = report;
    this.#retentionMs = days * MS_PER_DAY;
    this.#page = database.prepare(`SELECT position, id, firmware_update FROM FirmwareUpdate
      WHERE is_final = 0 AND position > ? ORDER BY position LIMIT ${PAGE_SIZE}`);
    this.#upsert = database.prepare(`INSERT INTO FirmwareUpdate
        (id, endpoint, campaign, state, is_final, updated_at, firmware_update)
      VALUES (:id, :endpoint, :campaign, :state, :isFinal, :updatedAt, :update)
      ON CONFLICT (id) DO UPDATE SET state = excluded.state, is_final = excluded.is_final,
        updated_at = excluded.updated_at, firmware_update = excluded.firmware_update`);
    this.#deleteOld = database.prepare(`DELETE FROM FirmwareUpdate WHERE position IN
      (SELECT position FROM FirmwareUpdate WHERE is_final = 1 AND updated_at < ? ORDER BY updated_at LIMIT ${CLEANUP_SIZE})`);
    this.#get = database.prepare('SELECT id, firmware_update FROM FirmwareUpdate WHERE id = ?');
    const list = (where: string): StatementSync =>
      database.prepare(`SELECT id, firmware_update FROM FirmwareUpdate ${where} ORDER BY position DESC LIMIT ?`);
    this.#lists = [
      // For SQLite a bound on the key is a search, and none is a scan.
      list('WHERE position > 0'),
      list('WHERE endpoint = ?'),
      list('WHERE campaign = ?'),
      list('WHERE endpoint = ? AND +campaign = ?'),
    ];
    this.#count = database.prepare(
      'SELECT state, count(*) AS updates FROM FirmwareUpdate WHERE campaign = ? GROUP BY state',
    );
    this.#campaigns = database.prepare(
      'SELECT id, campaign FROM FirmwareCampaign WHERE position > 0 ORDER BY position',
    );
    this.#upsertCampaign = database.prepare(`INSERT INTO FirmwareCampaign (id, over_at, campaign) VALUES (?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET over_at = excluded.over_at, campaign = excluded.campaign`);
    this.#deleteOldCampaigns = database.prepare('DELETE FROM FirmwareCampaign WHERE over_at < ?');
  }

  load(): Iterable<FirmwareUpdate> {
    return this.#readable(inPages(this.#page, [0], (last) => [integerOf(last, 'position')]));
  }

  async save(update: FirmwareUpdate): Promise<void> {
    const { id, endpointName, campaignId, state, updatedAt } = update;
    const values = {
      id,
      endpoint: endpointName,
      campaign: campaignId ?? null,
      state,
      isFinal: Number(isFinal(update)),
      // A clock may have fractions.
      updatedAt: Math.floor(updatedAt),
      update: formatFirmwareUpdate(update),
    };
    await this.#commit.write(() => {
      if (isFinal(update)) this.#deleteOld.run(updatedAt - this.#retentionMs);
      this.#upsert.run(values);
    });
  }

  get(id: string): FirmwareUpdate | undefined {
    const row = this.#get.get(id);
    const [update] = this.#readable(row === undefined ? [] : [row]);
    return update;
  }

  list({ endpointName, campaignId, limit }: UpdateFilter & { readonly limit: number }): readonly FirmwareUpdate[] {
    const [all, ofEndpoint, ofCampaign, ofBoth] = this.#lists;
    if (endpointName === undefined) {
      return [...this.#readable(campaignId === undefined ? all.all(limit) : ofCampaign.all(campaignId, limit))];
    }
    if (campaignId === undefined) return [...this.#readable(ofEndpoint.all(endpointName, limit))];
    return [...this.#readable(ofBoth.all(endpointName, campaignId, limit))];
  }

  count(campaignId: string): FirmwareCounts {
    const rows = this.#count.all(campaignId);
    return Object.fromEntries(rows.map((row) => [textOf(row, 'state'), integerOf(row, 'updates')]));
  }

  campaigns(): readonly FirmwareCampaign[] {
    const parse = (row: Row): FirmwareCampaign => parseFirmwareCampaign(textOf(row, 'campaign'));
    return [...readable(this.#campaigns.all(), parse, this.#report, (row) => `the campaign ${String(row['id'])}`)];
  }

  async saveCampaign(campaign: FirmwareCampaign): Promise<void> {
    await this.#commit.write(() => {
      const { id, updatedAt } = campaign;
      this.#deleteOldCampaigns.run(updatedAt - this.#retentionMs);
      this.#upsertCampaign.run(id, isOver(campaign) ? Math.floor(updatedAt) : null, formatFirmwareCampaign(campaign));
    });
  }

  #readable(rows: Iterable<Row>): Iterable<FirmwareUpdate> {
    const parse = (row: Row): FirmwareUpdate => parseFirmwareUpdate(textOf(row, 'firmware_update'));
    return readable(rows, parse, this.#report, (row) => `the firmware update ${String(row['id'])}`);
  }
}
