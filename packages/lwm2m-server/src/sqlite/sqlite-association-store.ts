import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AssociationStore, StoredAssociation } from '@flownexus/dtls';
import { ANONYMOUS } from '@flownexus/datagram';
import { credentialKey, identityKeys, type DeviceCredential } from '../security/device-credential.ts';
import type { GroupCommit } from './group-commit.ts';
import { bytesOf, textOf } from './row.ts';
import { inPages, PAGE_SIZE } from './rows.ts';

/** Table Association: what devices that sleep find again after a restart. */
export class SqliteAssociationStore implements AssociationStore {
  readonly #commit: GroupCommit;
  readonly #page: StatementSync;
  readonly #update: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteOf: readonly StatementSync[];

  constructor(database: DatabaseSync, commit: GroupCommit) {
    this.#commit = commit;
    this.#page = database.prepare(
      `SELECT key, snapshot FROM Association WHERE key > ? ORDER BY key LIMIT ${PAGE_SIZE}`,
    );
    this.#update = database.prepare('UPDATE Association SET snapshot = ? WHERE key = ?');
    this.#insert = database.prepare(
      'INSERT INTO Association (key, snapshot, identity_key, identity_name) VALUES (?, ?, ?, ?)',
    );
    this.#delete = database.prepare('DELETE FROM Association WHERE key = ?');
    this.#deleteOf = ['identity_key', 'identity_name'].map((column) =>
      database.prepare(`DELETE FROM Association WHERE ${column} = ?`),
    );
  }

  /** Whether a snapshot can be used is for the transport to say, which reports it. */
  *load(): Iterable<StoredAssociation> {
    for (const row of inPages(this.#page, [''], (last) => [textOf(last, 'key')])) {
      yield { key: textOf(row, 'key'), snapshot: bytesOf(row, 'snapshot') };
    }
  }

  async save({ key, snapshot, identity = ANONYMOUS }: StoredAssociation): Promise<void> {
    await this.#commit.write(() => {
      // An association keeps its identity as long as it lives.
      if (this.#update.run(snapshot, key).changes > 0) return;
      const [identityKey = null, identityName = null] = identity.kind === 'anonymous' ? [] : identityKeys(identity);
      this.#insert.run(key, snapshot, identityKey, identityName);
    });
  }

  /**
   * Removes those that were made with a credential, in the transaction that is open: it was taken away, maybe while no server runs that would end them.
   */
  forgetOf(credential: DeviceCredential): void {
    const key = credentialKey(credential);
    for (const statement of this.#deleteOf) statement.run(key);
  }

  async remove(key: string): Promise<void> {
    await this.#commit.write(() => this.#delete.run(key));
  }
}
