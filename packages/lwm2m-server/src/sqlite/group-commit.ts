import type { DatabaseSync } from 'node:sqlite';
import { Lwm2mServerError } from '../errors.ts';
import { storeError } from './store-error.ts';

/**
 * Writes of all stores of a database. What is written within one turn of the event loop shares one transaction, and with it one flush to the disk.
 * Statements run at once, so reads see what is not committed yet.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  /** Settles when the transaction that is open has ended. */
  #group: PromiseWithResolvers<undefined> | undefined;
  #scheduled: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * Runs statements, and resolves to what `work` returns when it is safe on the disk. Rejects with `ERR_LWM2M_SERVER_STORE`; what else is
   * written in the same turn rejects too when it is the database that has failed, and only then. A `work` of several statements has the one that
   * matters last: what those before it did stays when that one fails.
   */
  async write<T>(work: () => T): Promise<T> {
    let group: PromiseWithResolvers<undefined> | undefined;
    try {
      group = this.#begin();
      const result = work();
      await group.promise;
      return result;
    } catch (error) {
      // SQLite rolls back by itself after some errors, such as a full disk: nothing of the group is there any more.
      if (group !== undefined && group === this.#group && !this.#database.isTransaction) this.#fail(error);
      throw storeError('the store could not write', error);
    }
  }

  /** Commits what waits. Nothing is written any more. */
  close(): void {
    this.#commit();
    this.#closed = true;
  }

  #begin(): PromiseWithResolvers<undefined> {
    if (this.#closed) throw new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'the stores are closed');
    if (this.#group !== undefined) return this.#group;
    this.#database.exec('BEGIN IMMEDIATE');
    const group = Promise.withResolvers<undefined>();
    group.promise.catch(() => undefined); // those who wait for it have their own
    this.#group = group;
    this.#scheduled = setImmediate(() => this.#commit());
    return group;
  }

  #commit(): void {
    const group = this.#take();
    if (group === undefined) return;
    try {
      this.#database.exec('COMMIT');
      group.resolve(undefined);
    } catch (error) {
      this.#rollBack();
      group.reject(error);
    }
  }

  #fail(error: unknown): void {
    this.#take()?.reject(error);
  }

  #take(): PromiseWithResolvers<undefined> | undefined {
    clearImmediate(this.#scheduled);
    const group = this.#group;
    this.#group = undefined;
    return group;
  }

  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // Then no transaction begins any more, and every write rejects.
    }
  }
}
