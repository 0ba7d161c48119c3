import type { Transaction } from 'kysely';
import type { Database } from '../database/open-database.ts';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';

export interface StoreLane<T> {
  /** What it is called in metrics. */
  readonly name?: string;
  readonly database: Database;
  /** Writes items of which no two are of the same key. */
  readonly write: (trx: Transaction<Tables>, items: readonly T[]) => Promise<void>;
  /** What an item is about. */
  readonly keyOf: (item: T) => string;
  /** The texts and bytes that an item has. */
  readonly contentOf: (item: T) => readonly (string | Uint8Array | null)[];
}

/**
 * A lane of the group commit for a store: items that are about the same key are written one after another, in the order in which they were submitted, and
 * all others together. What waits is bounded by its size.
 */
export function storeLane<T>({ name, database, write, keyOf, contentOf }: StoreLane<T>): (item: T) => Promise<void> {
  return database.commits.lane<T>({
    ...(name === undefined ? {} : { name }),
    maxWeight: limits.pendingStoreKilobytes,
    weight: (item) => 1 + Math.floor(contentOf(item).reduce((sum, content) => sum + (content?.length ?? 0), 0) / 1024),
    write: async (trx, items) => {
      for (const wave of waves(items, keyOf)) await write(trx, wave);
    },
  });
}

/** Items in their order, cut where a key comes again. */
function* waves<T>(items: readonly T[], keyOf: (item: T) => string): Iterable<readonly T[]> {
  let wave: T[] = [];
  let keys = new Set<string>();
  for (const item of items) {
    const key = keyOf(item);
    if (keys.has(key)) {
      yield wave;
      wave = [];
      keys = new Set();
    }
    keys.add(key);
    wave.push(item);
  }
  if (wave.length > 0) yield wave;
}
