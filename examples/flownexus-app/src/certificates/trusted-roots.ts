import type { Selectable } from 'kysely';
import type { TrustedRootRow } from '../database/certificate-tables.ts';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Serial } from '../serial.ts';
import type { RootCertificate } from './root-certificate.ts';

export type TrustedRoot = Omit<Selectable<TrustedRootRow>, 'der'> & { readonly der: Uint8Array };

/** Table TrustedRoot: authorities beside our own that devices may have their certificates from. They are in memory too, as each handshake asks for them. */
export class TrustedRoots {
  readonly #database: Database;
  readonly #serial = new Serial();
  readonly #listeners = new Set<() => void>();
  #roots: readonly TrustedRoot[] = [];

  private constructor(database: Database, roots: readonly TrustedRoot[]) {
    this.#database = database;
    this.#roots = roots;
  }

  static async load(database: Database): Promise<TrustedRoots> {
    return new TrustedRoots(database, await database.reads.selectFrom('TrustedRoot').selectAll().orderBy('created_at').orderBy('fingerprint').execute()); // prettier-ignore
  }

  /** The oldest first. */
  get list(): readonly TrustedRoot[] {
    return this.#roots;
  }

  /** Calls `listener` after each change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves when it is stored and trusted; to `exists` or `full` when it is not. */
  add(
    { fingerprint, subject, der, notAfter }: RootCertificate,
    createdBy: string,
  ): Promise<TrustedRoot | 'exists' | 'full'> {
    return this.#serial.run(async () => {
      if (this.#roots.some((root) => root.fingerprint === fingerprint)) return 'exists';
      if (this.#roots.length >= limits.trustedRoots) return 'full';
      const root = { fingerprint, subject, der, not_after: notAfter, created_at: Date.now(), created_by: createdBy };
      await this.#database.db.insertInto('TrustedRoot').values(root).execute();
      this.#change([...this.#roots, root]);
      return root;
    });
  }

  /** Resolves to false when there was none of this fingerprint. */
  remove(fingerprint: string): Promise<boolean> {
    return this.#serial.run(async () => {
      if (!this.#roots.some((root) => root.fingerprint === fingerprint)) return false;
      await this.#database.db.deleteFrom('TrustedRoot').where('fingerprint', '=', fingerprint).execute();
      this.#change(this.#roots.filter((root) => root.fingerprint !== fingerprint));
      return true;
    });
  }

  #change(roots: readonly TrustedRoot[]): void {
    this.#roots = roots;
    for (const listener of this.#listeners) listener();
  }
}
