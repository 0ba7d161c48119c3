import type { AssociationStore, StoredAssociation } from '@flownexus/lwm2m-server';
import type { Database } from './database/database.ts';

/**
 * Keeps DTLS associations in the database. Whatever is saved or removed within one turn of the event loop shares one transaction, and
 * with it one flush to the disk: a promise resolves when it is there.
 */
export class AssociationSaver implements AssociationStore {
  readonly #database: Database;
  /** By key: what is to be saved, or undefined for what is to go. The latest counts. */
  #waiting = new Map<string, StoredAssociation | undefined>();
  #written: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  load(): Iterable<StoredAssociation> {
    return this.#database.associations.all();
  }

  save(association: StoredAssociation): Promise<void> {
    return this.#write(association.key, association);
  }

  remove(key: string): Promise<void> {
    return this.#write(key, undefined);
  }

  #write(key: string, association: StoredAssociation | undefined): Promise<void> {
    this.#waiting.set(key, association);
    this.#written ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          this.#commit();
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    return this.#written;
  }

  #commit(): void {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#written = undefined;
    const { associations } = this.#database;
    this.#database.transaction(() => {
      for (const [key, association] of waiting) {
        if (association === undefined) associations.delete(key);
        else associations.set(association);
      }
    });
  }
}
