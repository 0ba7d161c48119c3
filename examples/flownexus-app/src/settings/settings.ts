import { z } from 'zod';
import { logLevels } from '../config.ts';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { REGISTRATION_EVENTS, EVENT_OBJECT } from '../values/known-resource-types.ts';

const objectId = z.int().min(0).max(65_535);

/** What an administrator can change while the app runs. */
export const settingsSchema = z.strictObject({
  admission: z.enum(['accept', 'hold', 'refuse']).meta({
    description:
      'What becomes of an endpoint that is not known: admitted, kept waiting for approval as long as it asks at least once a week, or refused',
  }),
  noSec: z.boolean().meta({ description: 'Whether devices over plain CoAP are admitted at all' }),
  maxEndpoints: z.int().min(1).max(1_000_000).meta({ description: 'Endpoints that are known at once' }),
  messagesPerMinute: z.int().min(1).max(100_000).meta({
    description: 'Registers, Updates and Sends of one endpoint in a minute; beyond, it is told when to try again',
  }),
  valuesPerEndpoint: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .meta({ description: 'Values, and hours in aggregates, that are kept of one endpoint; the oldest make room' }),
  seriesPerEndpoint: z.int().min(1).max(1_000_000).meta({
    description: 'Resources and Resource Instances of one endpoint whose values are stored; values of others are not',
  }),
  eventDays: z.int().min(1).max(36_500).meta({ description: 'Days that events are kept' }),
  logDays: z.int().min(1).max(36_500).meta({ description: 'Days that the logs of devices are kept' }),
  logEntriesPerEndpoint: z
    .int()
    .min(1)
    .max(100_000_000)
    .meta({ description: 'Log entries that are kept of one endpoint; the oldest make room' }),
  logMegabytesPerEndpoint: z
    .int()
    .min(1)
    .max(1_000_000)
    .meta({ description: 'Millions of bytes of log entries that are kept of one endpoint; the oldest make room' }),
  bootstrapSessionDays: z.int().min(1).max(36_500).meta({ description: 'Days that bootstrap sessions are kept' }),
  registrationObject: objectId.meta({ description: 'The object that registration events are stored as' }),
  eventObject: objectId.meta({ description: 'The Object whose values make up an Event' }),
  maxFirmwareBytes: z
    .int()
    .min(1)
    .max(2 ** 36)
    .meta({ description: 'Bytes of a firmware package' }),
  firmwareStorageBytes: z
    .int()
    .min(1)
    .max(2 ** 43)
    .meta({ description: 'Bytes of all firmware packages' }),
  firmwareUri: z.enum(['absolute', 'relative']).meta({
    description:
      'Whether devices are given the whole address of a firmware package, or its path alone since they have the rest built in',
  }),
  logLevel: z.enum(logLevels).nullable().meta({
    description: 'How much is logged; null: as FLOWNEXUS_LOG_LEVEL says',
  }),
});
export type SettingsValues = z.infer<typeof settingsSchema>;

/** What is absent or undefined stays as it is. */
export type SettingsChanges = { readonly [Name in keyof SettingsValues]?: SettingsValues[Name] | undefined };

const NAMES = Object.keys(settingsSchema.shape) as (keyof SettingsValues)[];

/** The settings, in the database and in memory. */
export class Settings {
  readonly #database: Database;
  readonly #listeners = new Set<(values: SettingsValues) => void>();
  #values: SettingsValues;

  private constructor(database: Database, values: SettingsValues) {
    this.#database = database;
    this.#values = values;
  }

  /** Reads them; what was never set is as by default, which is stricter in production. */
  static async load(database: Database, options: { readonly production: boolean }): Promise<Settings> {
    const rows = await database.reads.selectFrom('Setting').select(['name', 'value']).execute();
    const stored = Object.fromEntries(
      rows.filter(({ name }) => Object.hasOwn(settingsSchema.shape, name)).map(({ name, value }) => [name, JSON.parse(value) as unknown]), // prettier-ignore
    );
    return new Settings(database, settingsSchema.parse({ ...defaults(options.production), ...stored }));
  }

  get values(): SettingsValues {
    return this.#values;
  }

  /** Stores changes; they hold when this has resolved. */
  async update(changes: SettingsChanges): Promise<SettingsValues> {
    const now = Date.now();
    const changed = NAMES.filter((name) => changes[name] !== undefined);
    const given = Object.fromEntries(changed.map((name) => [name, changes[name]]));
    await this.#database.db.transaction().execute(async (trx) => {
      for (const name of changed) {
        const row = { name, value: JSON.stringify(changes[name]), updated_at: now };
        await trx
          .insertInto('Setting')
          .values(row)
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: row.value, updated_at: now }))
          .execute();
      }
    });
    this.#values = settingsSchema.parse({ ...this.#values, ...given });
    for (const listener of this.#listeners) listener(this.#values);
    return this.#values;
  }

  /** Calls `listener` after each change, until the function that it returns is called. */
  onChange(listener: (values: SettingsValues) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function defaults(production: boolean): SettingsValues {
  return {
    admission: production ? 'hold' : 'accept',
    noSec: true,
    maxEndpoints: 100_000,
    messagesPerMinute: 600,
    valuesPerEndpoint: 10_000_000,
    seriesPerEndpoint: limits.seriesPerEndpoint,
    eventDays: 365,
    logDays: 30,
    logEntriesPerEndpoint: 100_000,
    logMegabytesPerEndpoint: 50,
    bootstrapSessionDays: 30,
    registrationObject: REGISTRATION_EVENTS.objectId,
    eventObject: EVENT_OBJECT,
    maxFirmwareBytes: 2 ** 30,
    firmwareStorageBytes: 2 ** 35,
    firmwareUri: 'absolute',
    logLevel: null,
  };
}
