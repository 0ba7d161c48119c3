import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredAssociation } from '@flownexus/lwm2m-server';
import { blob, rowReader, text } from './row-reader.ts';

const readRow = rowReader('DtlsAssociation', { key: text, snapshot: blob });

/** Table DtlsAssociation: what devices that sleep find again after a restart. */
export class DtlsAssociationTable {
  readonly #all: StatementSync;
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync) {
    this.#all = database.prepare('SELECT key, snapshot FROM DtlsAssociation');
    this.#upsert = database.prepare(`INSERT INTO DtlsAssociation (key, snapshot) VALUES (?, ?)
      ON CONFLICT (key) DO UPDATE SET snapshot = excluded.snapshot`);
    this.#delete = database.prepare('DELETE FROM DtlsAssociation WHERE key = ?');
  }

  /** One after another: there may be many. */
  *all(): Iterable<StoredAssociation> {
    for (const row of this.#all.iterate()) yield readRow(row);
  }

  set({ key, snapshot }: StoredAssociation): void {
    this.#upsert.run(key, snapshot);
  }

  delete(key: string): void {
    this.#delete.run(key);
  }
}
