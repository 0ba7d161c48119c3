import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AssociationStore, StoredAssociation } from '@flownexus/dtls';
import type { GroupCommit } from './group-commit.ts';
import { bytesOf, textOf } from './row.ts';
import { inPages, PAGE_SIZE } from './rows.ts';

/** Table Association: what devices that sleep find again after a restart. */
export class SqliteAssociationStore implements AssociationStore {
  readonly #commit: GroupCommit;
  readonly #page: StatementSync;
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync, commit: GroupCommit) {
    this.#commit = commit;
    this.#page = database.prepare(
      `SELECT key, snapshot FROM Association WHERE key > ? ORDER BY key LIMIT ${PAGE_SIZE}`,
    );
    this.#upsert = database.prepare(`INSERT INTO Association (key, snapshot) VALUES (?, ?)
      ON CONFLICT (key) DO UPDATE SET snapshot = excluded.snapshot`);
    this.#delete = database.prepare('DELETE FROM Association WHERE key = ?');
  }

  /** Whether a snapshot can be used is for the transport to say, which reports it. */
  *load(): Iterable<StoredAssociation> {
    for (const row of inPages(this.#page, [''], (last) => [textOf(last, 'key')])) {
      yield { key: textOf(row, 'key'), snapshot: bytesOf(row, 'snapshot') };
    }
  }

  async save({ key, snapshot }: StoredAssociation): Promise<void> {
    await this.#commit.write(() => this.#upsert.run(key, snapshot));
  }

  async remove(key: string): Promise<void> {
    await this.#commit.write(() => this.#delete.run(key));
  }
}
