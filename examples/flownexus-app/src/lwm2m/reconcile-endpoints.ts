import type { Database } from '../database/open-database.ts';

/**
 * Makes the rows of endpoints agree with the registrations that the server had when it ended, which it takes up again when it starts: a row is written before
 * the registration is, and the process may have ended in between. What another server has reported of its endpoints stays. Call it before the server starts.
 */
export async function reconcileEndpoints({ db }: Pick<Database, 'db'>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const registered = trx.selectFrom('Registration').select('endpoint');
    await trx
      .updateTable('Endpoint')
      .set({ registered: 0 })
      .where('registered', '=', 1)
      .where('reported', '=', 0)
      .where('endpoint', 'not in', registered)
      .execute();
    await trx
      .updateTable('Endpoint')
      .set({ registered: 1, reported: 0 })
      .where('registered', '=', 0)
      .where('endpoint', 'in', registered)
      .execute();
  });
}
