import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { describe, inject, onTestFinished } from 'vitest';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import { type Database, DATABASE_FILE, openDatabase } from '../../src/database/open-database.ts';
import type { Tables } from '../../src/database/tables.ts';

/** A folder that is gone when the test has finished. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'flownexus-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Where a database is: `url` undefined for SQLite. */
export interface DatabasePlace {
  readonly url: string | undefined;
  readonly dataDirectory: string;
}

/** A new, empty place for a database of its own; gone when the test has finished. */
export async function databasePlace(kind: DatabaseKind = 'sqlite'): Promise<DatabasePlace> {
  const dataDirectory = temporaryDirectory();
  const { file, database } = inject('templates');
  if (kind === 'sqlite') {
    copyFileSync(file, join(dataDirectory, DATABASE_FILE));
    return { url: undefined, dataDirectory };
  }
  const server = inject('postgres');
  if (!('url' in server)) throw new Error(server.missing);
  const name = `test_${randomBytes(8).toString('hex')}`;
  await atServer(server.url, `CREATE DATABASE ${name} TEMPLATE ${database}`);
  onTestFinished(() => atServer(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  return { url: server.url.replace('/postgres?', `/${name}?`), dataDirectory };
}

/** Opens a database that takes commits; closed when the test has finished. */
export async function testDatabase(kind: DatabaseKind = 'sqlite', place?: DatabasePlace): Promise<Database> {
  const fail = (error: Error): never => {
    throw error;
  };
  const database = await openDatabase({ ...(place ?? (await databasePlace(kind))), onFatal: fail, onLost: fail });
  database.commits.open();
  onTestFinished(() => database.close());
  return database;
}

/** Describes the same behaviour for SQLite and PostgreSQL. The latter is skipped, with the reason as its name, where it is not installed. */
export function onEachDatabase(what: string, tests: (kind: DatabaseKind) => void): void {
  describe(`${what}, on SQLite`, () => tests('sqlite'));
  const server = inject('postgres');
  if ('missing' in server) describe.skip(`${what}, on PostgreSQL: ${server.missing}`, () => tests('postgres'));
  else describe(`${what}, on PostgreSQL`, () => tests('postgres'));
}

/** All that is stored of a Resource of an endpoint, in the order of time: numbers. */
export async function valuesOf(
  db: Kysely<Tables>,
  endpoint: string,
  objectId: number,
  resourceId: number,
): Promise<number[]> {
  const rows = await db
    .selectFrom('Resource as r')
    .innerJoin('ResourceType as t', 't.id', 'r.resource_type_id')
    .select(['r.float_value', 'r.int_value'])
    .where('r.endpoint', '=', endpoint)
    .where('t.object_id', '=', objectId)
    .where('t.resource_id', '=', resourceId)
    .orderBy('r.time')
    .execute();
  return rows.map(({ float_value: float, int_value: int }) => Number(float ?? int));
}

async function atServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
