import type { ObservationPolicy } from '@flownexus/lwm2m-server';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Serial } from '../serial.ts';
import { type PolicyBody, policyBody, toServerPolicies } from './policy-body.ts';

export interface StoredPolicy {
  readonly id: number;
  readonly policy: PolicyBody;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** The observation policies, in the database and in memory. Where several want the same, the one that was made first has the say. */
export class ObservationPolicies {
  readonly #database: Database;
  readonly #serial = new Serial();
  readonly #policies = new Map<number, StoredPolicy>();
  readonly #listeners = new Set<(policies: readonly ObservationPolicy[]) => void>();

  private constructor(database: Database) {
    this.#database = database;
  }

  static async load(database: Database): Promise<ObservationPolicies> {
    const policies = new ObservationPolicies(database);
    const rows = await database.reads.selectFrom('ObservationPolicy').selectAll().orderBy('id').execute();
    for (const { id, policy, created_at: createdAt } of rows) {
      policies.#policies.set(id, { id, policy: policyBody.parse(JSON.parse(policy)), createdAt });
    }
    return policies;
  }

  /** As the LwM2M server takes them. */
  get current(): readonly ObservationPolicy[] {
    return [...this.#policies.values()].flatMap(({ policy }) => toServerPolicies(policy));
  }

  /** In the order in which they were made. */
  list(): readonly StoredPolicy[] {
    return [...this.#policies.values()];
  }

  get(id: number): StoredPolicy | undefined {
    return this.#policies.get(id);
  }

  /** Undefined when there are as many as may be. */
  create(policy: PolicyBody): Promise<StoredPolicy | undefined> {
    return this.#serial.run(async () => {
      if (this.#policies.size >= limits.observationPolicies) return undefined;
      const createdAt = Date.now();
      const { id } = await this.#database.db
        .insertInto('ObservationPolicy')
        .values({ policy: JSON.stringify(policy), created_at: createdAt })
        .returning('id')
        .executeTakeFirstOrThrow();
      return this.#put({ id, policy, createdAt });
    });
  }

  /** Undefined when there is none. */
  replace(id: number, policy: PolicyBody): Promise<StoredPolicy | undefined> {
    return this.#serial.run(async () => {
      const present = this.#policies.get(id);
      if (present === undefined) return undefined;
      await this.#database.db
        .updateTable('ObservationPolicy')
        .set({ policy: JSON.stringify(policy) })
        .where('id', '=', id)
        .execute();
      return this.#put({ ...present, policy });
    });
  }

  /** False when there is none. */
  delete(id: number): Promise<boolean> {
    return this.#serial.run(async () => {
      if (!this.#policies.has(id)) return false;
      await this.#database.db.deleteFrom('ObservationPolicy').where('id', '=', id).execute();
      this.#policies.delete(id);
      this.#tell();
      return true;
    });
  }

  /** Calls `listener` with all after each change, until the function that it returns is called. */
  onChange(listener: (policies: readonly ObservationPolicy[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #put(stored: StoredPolicy): StoredPolicy {
    this.#policies.set(stored.id, stored);
    this.#tell();
    return stored;
  }

  #tell(): void {
    const { current } = this;
    for (const listener of this.#listeners) listener(current);
  }
}
