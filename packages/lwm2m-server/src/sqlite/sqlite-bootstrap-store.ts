import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { BootstrapConfiguration } from '../bootstrap/bootstrap-configuration.ts';
import type { BootstrapStore } from '../bootstrap/bootstrap-store.ts';
import { checkBootstrapConfiguration } from '../bootstrap/check-configuration.ts';
import { formatBootstrapConfiguration, parseBootstrapConfiguration } from '../bootstrap/configuration-json.ts';
import type { GroupCommit } from './group-commit.ts';
import { textOf } from './row.ts';
import { inPages, PAGE_SIZE } from './rows.ts';

/** Bootstrap configurations in SQLite, one for each endpoint. Table BootstrapConfiguration. */
export class SqliteBootstrapStore implements BootstrapStore {
  readonly #commit: GroupCommit;
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;
  readonly #get: StatementSync;
  readonly #page: StatementSync;

  constructor(database: DatabaseSync, commit: GroupCommit) {
    this.#commit = commit;
    this.#upsert = database.prepare(`
      INSERT INTO BootstrapConfiguration (endpoint, configuration) VALUES (?, ?)
      ON CONFLICT (endpoint) DO UPDATE SET configuration = excluded.configuration`);
    this.#delete = database.prepare('DELETE FROM BootstrapConfiguration WHERE endpoint = ?');
    this.#get = database.prepare('SELECT configuration FROM BootstrapConfiguration WHERE endpoint = ?');
    this.#page = database.prepare(
      `SELECT endpoint FROM BootstrapConfiguration WHERE endpoint > ? ORDER BY endpoint LIMIT ${PAGE_SIZE}`,
    );
  }

  /**
   * Gives an endpoint its configuration, in place of the one that it had; resolves when it is on the disk. Rejects with RangeError, or DecodeError for a path that is none,
   * when it can not be written to a device, with TypeError where something is missing, and with `ERR_LWM2M_SERVER_STORE`.
   */
  async set(endpointName: string, configuration: BootstrapConfiguration): Promise<void> {
    checkBootstrapConfiguration(configuration);
    const text = formatBootstrapConfiguration(configuration);
    await this.#commit.write(() => this.#upsert.run(endpointName, text));
  }

  /** Takes the configuration of an endpoint away. Resolves to false when it had none. */
  async delete(endpointName: string): Promise<boolean> {
    return this.#commit.write(() => this.#delete.run(endpointName).changes !== 0);
  }

  /** @throws Lwm2mServerError `ERR_LWM2M_SERVER_BOOTSTRAP` for a row that can not be read */
  get(endpointName: string): BootstrapConfiguration | undefined {
    const row = this.#get.get(endpointName);
    return row === undefined ? undefined : parseBootstrapConfiguration(textOf(row, 'configuration'));
  }

  /** The names of the endpoints that have one, in the order of the alphabet. */
  list(): readonly string[] {
    const rows = inPages(this.#page, [''], (last) => [textOf(last, 'endpoint')]);
    return Array.from(rows, (row) => textOf(row, 'endpoint'));
  }
}
