import { chmodSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { SqliteDialect } from '../../database/sqlite/sqlite-dialect.ts';
import type { Tables } from '../../database/tables.ts';
import { limits } from '../../limits.ts';

/** Tables whose rows a manifest tells. */
const COUNTED = ['Endpoint', 'Series', 'ResourceValue', 'Event', 'EndpointOperation', 'Registration', 'User'] as const;

/** All pages at once: a copy in several steps begins anew whenever another connection has written meanwhile. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Copies a database of SQLite as it is at one moment, while others write to it, and takes the DTLS associations out of the copy: an association that is used
 * twice, once from the copy, would use nonces twice. Gives how many rows are in the copy.
 */
export async function copyDatabase(from: string, to: string): Promise<Record<string, number>> {
  const source = new DatabaseSync(from, { readOnly: true, timeout: limits.databaseBusyMs });
  try {
    await backup(source, to, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
  chmodSync(to, 0o600);
  const copy = openCopy(to);
  try {
    // What is deleted is overwritten.
    await sql`PRAGMA secure_delete = ON`.execute(copy);
    await forgetAssociations(copy);
    return await countRows(copy);
  } finally {
    await copy.destroy();
  }
}

/** Opens a database that nobody else uses, in a thread of its own. */
export function openCopy(file: string): Kysely<Tables> {
  const data = {
    file,
    readOnly: false,
    busyMs: limits.databaseBusyMs,
    maxStatements: limits.preparedStatements,
    cacheKib: limits.backupCacheKib,
    walPages: limits.sqliteWalPages,
  };
  // When its thread ends, whoever waits for an answer is told.
  return new Kysely<Tables>({ dialect: new SqliteDialect(data, () => undefined) });
}

/** Deletes all DTLS associations, so that devices make new ones. */
export async function forgetAssociations(db: Kysely<Tables>): Promise<void> {
  await db.deleteFrom('DtlsAssociation').execute();
}

async function countRows(copy: Kysely<Tables>): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const table of COUNTED) {
    const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM ${sql.table(table)}`.execute(copy);
    counted[table] = rows[0]?.count ?? 0;
  }
  return counted;
}
