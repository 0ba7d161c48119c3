import { type Kysely, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';

/** Ids of a table, taken from the database many at a time. Only one transaction at a time may take some. */
export class IdBlock {
  readonly #name: Tables['IdBlock']['name'];
  readonly #size: number;
  #next = 0;
  #end = 0;

  constructor(name: Tables['IdBlock']['name'], size: number) {
    this.#name = name;
    this.#size = size;
  }

  /** The first of `count` ids that follow one another, greater than all that were taken before. */
  async take(trx: Kysely<Tables>, count: number): Promise<number> {
    if (this.#end - this.#next < count) {
      const size = Math.max(this.#size, count);
      const { rows } = await sql<{ next: number }>`
        UPDATE "IdBlock" SET next = next + ${size} WHERE name = ${this.#name} RETURNING next`.execute(trx);
      this.#end = Number(rows[0]?.next);
      this.#next = this.#end - size;
    }
    const first = this.#next;
    this.#next += count;
    return first;
  }

  /** A transaction that took ids was rolled back: those of a block that it took are free again. */
  forget(): void {
    this.#next = this.#end;
  }
}
