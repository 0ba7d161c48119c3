import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ErrorReporter } from '../events.ts';
import { formatRegistration, parseRegistration } from '../registration/registration-json.ts';
import type { RegistrationStore, StoredRegistration } from '../registration/registration-store.ts';
import type { GroupCommit } from './group-commit.ts';
import { integerOf, textOf } from './row.ts';
import { inPages, PAGE_SIZE, readable } from './rows.ts';

/** Table Registration. */
export class SqliteRegistrationStore implements RegistrationStore {
  readonly #commit: GroupCommit;
  readonly #report: ErrorReporter;
  readonly #page: StatementSync;
  readonly #update: StatementSync;
  readonly #replace: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync, commit: GroupCommit, report: ErrorReporter) {
    this.#commit = commit;
    this.#report = report;
    this.#page = database.prepare(`SELECT * FROM Registration WHERE position > ? ORDER BY position LIMIT ${PAGE_SIZE}`);
    this.#update = database.prepare(
      'UPDATE Registration SET peer_key = ?, server_address = ?, registration = ? WHERE endpoint = ? AND registration_id = ?',
    );
    this.#replace = database.prepare(
      'INSERT OR REPLACE INTO Registration (peer_key, server_address, registration, endpoint, registration_id) VALUES (?, ?, ?, ?, ?)',
    );
    this.#delete = database.prepare('DELETE FROM Registration WHERE endpoint = ? AND registration_id = ?');
  }

  load(): Iterable<StoredRegistration> {
    const rows = inPages(this.#page, [0], (last) => [integerOf(last, 'position')]);
    return readable(
      rows,
      (row) => ({
        registration: parseRegistration(textOf(row, 'registration')),
        peerKey: textOf(row, 'peer_key'),
        serverAddress: textOf(row, 'server_address'),
      }),
      this.#report,
      (row) => `the registration of ${String(row['endpoint'])}`,
    );
  }

  async save({ registration, peerKey, serverAddress }: StoredRegistration): Promise<void> {
    const { endpointName, registrationId } = registration;
    const values = [peerKey, serverAddress, formatRegistration(registration), endpointName, registrationId];
    await this.#commit.write(() => {
      // An Update leaves the registration in its place.
      if (this.#update.run(...values).changes === 0) this.#replace.run(...values);
    });
  }

  async remove(endpointName: string, registrationId: string): Promise<void> {
    await this.#commit.write(() => this.#delete.run(endpointName, registrationId));
  }
}
