import {
  type BootstrapConfiguration,
  type BootstrapStore,
  checkBootstrapConfiguration,
  formatBootstrapConfiguration,
  parseBootstrapConfiguration,
} from '@flownexus/lwm2m-server';
import type { Transaction } from 'kysely';
import type { Database } from '../database/open-database.ts';
import type { Tables } from '../database/tables.ts';

/** What is written to which device. */
export interface EditableBootstrapStore extends BootstrapStore {
  /** Rejects with `ERR_LWM2M_SERVER_BOOTSTRAP` for a row that can not be read. */
  get(endpointName: string): Promise<BootstrapConfiguration | undefined>;
  /**
   * Gives an endpoint its configuration, in place of the one that it had; resolves when that is stored, to whether it had none before. Rejects with
   * RangeError, TypeError or DecodeError for what can not be written to a device.
   */
  set(endpointName: string, configuration: BootstrapConfiguration): Promise<boolean>;
  /** Takes the configuration of an endpoint away; resolves to false when it had none. */
  delete(endpointName: string): Promise<boolean>;
  /** The names of the endpoints that have one, in their order, from the first one after the name `after`. Default: all. */
  list(page?: { readonly after?: string | undefined; readonly limit: number }): Promise<string[]>;
}

/** What `set` of the store does, as a part of a transaction. */
export async function writeBootstrapConfiguration(
  trx: Transaction<Tables>,
  endpointName: string,
  configuration: BootstrapConfiguration,
): Promise<boolean> {
  checkBootstrapConfiguration(configuration);
  const values = { configuration: formatBootstrapConfiguration(configuration), updated_at: Date.now() };
  const before = await trx.selectFrom('BootstrapConfiguration').select('endpoint').where('endpoint', '=', endpointName).executeTakeFirst(); // prettier-ignore
  await trx
    .insertInto('BootstrapConfiguration')
    .values({ endpoint: endpointName, ...values })
    .onConflict((conflict) => conflict.column('endpoint').doUpdateSet(values))
    .execute();
  return before === undefined;
}

/** Table BootstrapConfiguration, for the option `configurations` of the bootstrap server. */
export function bootstrapStore({ db, reads }: Database): EditableBootstrapStore {
  return {
    async get(endpointName) {
      const row = await reads.selectFrom('BootstrapConfiguration').select('configuration').where('endpoint', '=', endpointName).executeTakeFirst(); // prettier-ignore
      return row === undefined ? undefined : parseBootstrapConfiguration(row.configuration);
    },
    async set(endpointName, configuration) {
      return db.transaction().execute((trx) => writeBootstrapConfiguration(trx, endpointName, configuration));
    },
    async delete(endpointName) {
      const { numDeletedRows } = await db.deleteFrom('BootstrapConfiguration').where('endpoint', '=', endpointName).executeTakeFirst(); // prettier-ignore
      return numDeletedRows > 0n;
    },
    async list({ after = '', limit } = { limit: Number.MAX_SAFE_INTEGER }) {
      const rows = await reads.selectFrom('BootstrapConfiguration').select('endpoint').where('endpoint', '>', after).orderBy('endpoint').limit(limit).execute(); // prettier-ignore
      return rows.map(({ endpoint }) => endpoint);
    },
  };
}
