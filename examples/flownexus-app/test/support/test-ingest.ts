import { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import type { Database } from '../../src/database/open-database.ts';
import type { StoredBatch } from '../../src/values/batch.ts';
import type { EventHooks } from '../../src/values/event-hooks.ts';
import { Ingest } from '../../src/values/ingest.ts';
import { testDatabase } from './test-database.ts';

/** Makes no events of its own. */
export const noHooks: EventHooks = { eventsOf: () => [], onEvents: () => Promise.resolve() };

/** An ingest over a database of its own, that keeps what it tells of. */
export async function testIngest(
  kind: DatabaseKind,
  options: { hooks?: EventHooks; maximum?: number; database?: Database; onStored?: (stored: readonly StoredBatch[]) => void } = {}, // prettier-ignore
) {
  const database = options.database ?? (await testDatabase(kind));
  const definitions = await ObjectRegistry.bundled();
  const stored: StoredBatch[][] = [];
  const ingest = await Ingest.open({
    database,
    definitions,
    hooks: options.hooks ?? noHooks,
    onStored: (batches) => {
      stored.push([...batches]);
      options.onStored?.(batches);
    },
    ...(options.maximum === undefined ? {} : { maximum: options.maximum }),
  });
  return { database, definitions, ingest, stored };
}
