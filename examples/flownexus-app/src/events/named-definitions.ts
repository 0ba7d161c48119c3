import type { z } from 'zod';
import { isTaken } from '../database/faults.ts';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';
import { Serial } from '../serial.ts';

/** A definition or rule as it is stored. */
export interface Named<B> {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly body: B;
}

export interface NamedDefinitionsOptions<B> {
  readonly database: Database;
  readonly table: 'EventDefinition' | 'EventRule';
  readonly schema: z.ZodType<B>;
}

/** The rows of table EventDefinition or EventRule, in the database and in memory. */
export class NamedDefinitions<B extends { readonly name: string }> {
  readonly #database: Database;
  readonly #table: 'EventDefinition' | 'EventRule';
  readonly #listeners: ((id: number, now: Named<B> | undefined) => void)[] = [];
  readonly #byId: Map<number, Named<B>>;
  readonly #serial = new Serial();

  private constructor({ database, table }: NamedDefinitionsOptions<B>, rows: readonly Named<B>[]) {
    this.#database = database;
    this.#table = table;
    this.#byId = new Map(rows.map((row) => [row.id, row]));
  }

  static async load<B extends { readonly name: string }>(
    options: NamedDefinitionsOptions<B>,
  ): Promise<NamedDefinitions<B>> {
    // prettier-ignore
    const rows = await options.database.reads.selectFrom(options.table).selectAll().orderBy('id').execute();
    const parsed = rows.map(({ id, created_at, definition }) => ({
      id,
      createdAt: created_at,
      body: options.schema.parse(JSON.parse(definition)),
    }));
    return new NamedDefinitions(options, parsed);
  }

  /** By id. */
  list(): readonly Named<B>[] {
    return [...this.#byId.values()];
  }

  /** Throws an {@link ApiError} 404 when there is none. */
  get(id: number): Named<B> {
    const found = this.#byId.get(id);
    if (found === undefined) throw new ApiError(404, 'not-found', `there is none with the id ${id}`);
    return found;
  }

  hasName(name: string): boolean {
    return this.list().some(({ body }) => body.name === name);
  }

  /** Calls `listener` after each change with what is so now; undefined: it is gone. */
  onChange(listener: (id: number, now: Named<B> | undefined) => void): void {
    this.#listeners.push(listener);
  }

  /** Rejects with an {@link ApiError} when the name is taken, or when there are as many as there may be. */
  create(body: B, createdAt: number): Promise<Named<B>> {
    return this.#serial.run(async () => {
      if (this.#byId.size >= limits.eventDefinitions) {
        throw new ApiError(409, 'quota-exceeded', `there are ${limits.eventDefinitions} already, and not more may be`);
      }
      const row = { name: body.name, definition: JSON.stringify(body), created_at: createdAt };
      const { id } = await unlessTaken(body.name, () =>
        this.#database.db.insertInto(this.#table).values(row).returning('id').executeTakeFirstOrThrow(),
      );
      return this.#keep({ id, createdAt, body });
    });
  }

  /** Rejects with an {@link ApiError} when there is none of that id, or when the name is taken. */
  replace(id: number, body: B): Promise<Named<B>> {
    return this.#serial.run(async () => {
      const { createdAt } = this.get(id);
      const row = { name: body.name, definition: JSON.stringify(body) };
      await unlessTaken(body.name, () =>
        this.#database.db.updateTable(this.#table).set(row).where('id', '=', id).execute(),
      );
      return this.#keep({ id, createdAt, body });
    });
  }

  /** Rejects with an {@link ApiError} when there is none of that id. */
  delete(id: number): Promise<void> {
    return this.#serial.run(async () => {
      this.get(id);
      await this.#database.db.deleteFrom(this.#table).where('id', '=', id).execute();
      this.#byId.delete(id);
      for (const listener of this.#listeners) listener(id, undefined);
    });
  }

  #keep(named: Named<B>): Named<B> {
    this.#byId.set(named.id, named);
    for (const listener of this.#listeners) listener(named.id, named);
    return named;
  }
}

async function unlessTaken<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw new ApiError(409, 'conflict', `the name ${JSON.stringify(name)} is taken`);
  }
}
