import { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import type { StoredBatch } from '../../src/values/batch.ts';
import type { EventHooks } from '../../src/values/event-hooks.ts';
import { Ingest, type IngestOptions } from '../../src/values/ingest.ts';
import { testDatabase } from './test-database.ts';

/** Makes no events of its own. */
export const noHooks: EventHooks = { eventsOf: () => [], onEvents: () => Promise.resolve() };

/** An ingest over a database of its own, that keeps what it tells of. */
export async function testIngest(
  kind: DatabaseKind,
  options: Partial<Pick<IngestOptions, 'hooks' | 'maximum' | 'database' | 'onStored' | 'seriesPerEndpoint' | 'maximumTypes'>> = {}, // prettier-ignore
) {
  const database = options.database ?? (await testDatabase(kind));
  const definitions = await ObjectRegistry.bundled();
  const stored: StoredBatch[][] = [];
  const ingest = await Ingest.open({
    hooks: noHooks,
    ...options,
    database,
    definitions,
    onStored: (batches) => {
      stored.push([...batches]);
      options.onStored?.(batches);
    },
  });
  return { database, definitions, ingest, stored };
}
