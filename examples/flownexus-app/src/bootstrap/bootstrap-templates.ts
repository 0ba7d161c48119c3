import { type BootstrapConfiguration, formatBootstrapConfiguration, parseBootstrapConfiguration } from '@flownexus/lwm2m-server'; // prettier-ignore
import { sql, type SqlBool } from 'kysely';
import type { BootstrapTemplateRow, TemplateCredentials } from '../database/bootstrap-tables.ts';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';

/** What a bootstrap configuration is made of. */
export interface BootstrapTemplate {
  readonly name: string;
  /** With `{endpoint}` in texts, and `{server}` for the URI of this server. It has no keys. */
  readonly configuration: BootstrapConfiguration;
  /** Endpoints whose names begin so get it when they ask and have no configuration. Null: none does. */
  readonly prefix: string | null;
  readonly credentials: TemplateCredentials;
  /** Where devices reach the LwM2M server. Null: by the public URL. */
  readonly serverUri: string | null;
}

/** Table BootstrapTemplate. */
export class BootstrapTemplates {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(name: string): Promise<BootstrapTemplate | undefined> {
    const row = await this.#database.reads.selectFrom('BootstrapTemplate').selectAll().where('name', '=', name).executeTakeFirst(); // prettier-ignore
    return row === undefined ? undefined : fromRow(row);
  }

  /** All, by their names. */
  async list(): Promise<BootstrapTemplate[]> {
    const rows = await this.#database.reads.selectFrom('BootstrapTemplate').selectAll().orderBy('name').execute();
    return rows.map(fromRow);
  }

  /** The one with the longest prefix of a name; of several the first by name. */
  async ofPrefix(endpoint: string): Promise<BootstrapTemplate | undefined> {
    const row = await this.#database.reads
      .selectFrom('BootstrapTemplate')
      .selectAll()
      .where('prefix', 'is not', null)
      .where(sql<SqlBool>`substr(${endpoint}, 1, length(prefix)) = prefix`)
      .orderBy(sql`length(prefix)`, 'desc')
      .orderBy('name')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** Resolves when it is stored, to whether there was none of that name; to undefined when there are as many as may be. */
  async set({ name, configuration, prefix, credentials, serverUri }: BootstrapTemplate): Promise<boolean | undefined> {
    const text = formatBootstrapConfiguration(configuration);
    const values = { configuration: text, prefix, credentials, server_uri: serverUri, updated_at: Date.now() };
    return this.#database.db.transaction().execute(async (trx) => {
      const names = (await trx.selectFrom('BootstrapTemplate').select('name').execute()).map((row) => row.name);
      const isNew = !names.includes(name);
      if (isNew && names.length >= limits.bootstrapTemplates) return undefined;
      await trx
        .insertInto('BootstrapTemplate')
        .values({ name, ...values })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
        .execute();
      return isNew;
    });
  }

  /** Resolves to false when there was none. */
  async delete(name: string): Promise<boolean> {
    const { numDeletedRows } = await this.#database.db.deleteFrom('BootstrapTemplate').where('name', '=', name).executeTakeFirst(); // prettier-ignore
    return numDeletedRows > 0n;
  }
}

function fromRow(row: BootstrapTemplateRow): BootstrapTemplate {
  return {
    name: row.name,
    configuration: parseBootstrapConfiguration(row.configuration),
    prefix: row.prefix,
    credentials: row.credentials,
    serverUri: row.server_uri,
  };
}
