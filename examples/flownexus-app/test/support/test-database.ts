import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, inject, onTestFinished } from 'vitest';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import { type Database, DATABASE_FILE, openDatabase } from '../../src/database/open-database.ts';
import type { Tables } from '../../src/database/tables.ts';

/** Takes what is to be done at the end, the last first. */
type AtEnd = (undo: () => void | Promise<void>) => void;

/** A folder that is gone at the end of the test. */
export function temporaryDirectory(atEnd: AtEnd = onTestFinished): string {
  const directory = mkdtempSync(join(tmpdir(), 'flownexus-'));
  atEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Where a database is: `url` undefined for SQLite. */
export interface DatabasePlace {
  readonly url: string | undefined;
  readonly dataDirectory: string;
}

/** A new, empty place for a database of its own; gone at the end of the test. */
export async function databasePlace(
  kind: DatabaseKind = 'sqlite',
  atEnd: AtEnd = onTestFinished,
): Promise<DatabasePlace> {
  const dataDirectory = temporaryDirectory(atEnd);
  const { file, database } = inject('templates');
  if (kind === 'sqlite') {
    copyFileSync(file, join(dataDirectory, DATABASE_FILE));
    return { url: undefined, dataDirectory };
  }
  const server = inject('postgres');
  if (!('url' in server)) throw new Error(server.missing);
  const name = `test_${randomBytes(8).toString('hex')}`;
  await atServer(server.url, `CREATE DATABASE ${name} TEMPLATE ${database}`);
  atEnd(() => atServer(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  return { url: server.url.replace('/postgres?', `/${name}?`), dataDirectory };
}

/** Opens a database that takes commits; closed at the end of the test. */
export async function testDatabase(
  kind: DatabaseKind = 'sqlite',
  place?: DatabasePlace,
  atEnd: AtEnd = onTestFinished,
): Promise<Database> {
  const fail = (error: Error): never => {
    throw error;
  };
  const database = await openDatabase({
    ...(place ?? (await databasePlace(kind, atEnd))),
    onFatal: fail,
    onLost: fail,
  });
  database.commits.open();
  atEnd(() => database.close());
  return database;
}

/** One database for all tests of a block, which must not disturb each other: to open one takes longer than most tests. Called in the block, not in a test. */
export function sharedDatabase(kind: DatabaseKind): () => Database {
  let database: Database | undefined;
  const ends: (() => void | Promise<void>)[] = [];
  beforeAll(async () => {
    database = await testDatabase(kind, undefined, (end) => ends.push(end));
  });
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  return () => {
    if (database === undefined) throw new Error('the database is for the tests of its block');
    return database;
  };
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
