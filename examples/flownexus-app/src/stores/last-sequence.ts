import { type Kysely, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';

const NAME = 'EndpointOperation';

/** The greatest sequence that any operation had, also one that was removed since; 0 while there was none. */
export async function lastSequence(db: Kysely<Tables>): Promise<number> {
  const row = await db
    .selectFrom('EndpointOperation')
    .select(({ fn }) => fn.max('sequence').as('last'))
    .executeTakeFirst();
  const kept = await db.selectFrom('IdBlock').select('next').where('name', '=', NAME).executeTakeFirst();
  return Math.max(row?.last ?? 0, (kept?.next ?? 1) - 1);
}

/** To be called before operations are removed, in the same transaction: the sequence of the next one must be greater than all that ever were. */
export async function keepLastSequence(trx: Kysely<Tables>): Promise<void> {
  const next = (await lastSequence(trx)) + 1;
  await trx
    .insertInto('IdBlock')
    .values({ name: NAME, next })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({
        next: sql<number>`CASE WHEN excluded.next > "IdBlock".next THEN excluded.next ELSE "IdBlock".next END`,
      }),
    )
    .execute();
}
