import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { DATABASE_FILE, openDatabase } from '../../src/database/open-database.ts';
import { PostgresServer } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a PostgreSQL server's database `postgres`; or why there is none. */
    readonly postgres: { readonly url: string } | { readonly missing: string };
    /** A file of SQLite, and a database of PostgreSQL, that are new and empty: a copy takes less than all migrations. */
    readonly templates: { readonly file: string; readonly database: string };
  }
}

const TEMPLATE = 'flownexus_template';

/** Starts one PostgreSQL server for all test files, where it is installed, and makes an empty database of each kind to copy. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'flownexus-template-'));
  await makeSchema(undefined, folder);
  project.provide('templates', { file: join(folder, DATABASE_FILE), database: TEMPLATE });
  const server = PostgresServer.create();
  if (server === undefined) project.provide('postgres', { missing: 'PostgreSQL (initdb and pg_ctl) is not installed' });
  else {
    server.start();
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(`CREATE DATABASE ${TEMPLATE}`);
    await client.end();
    await makeSchema(server.url.replace('/postgres?', `/${TEMPLATE}?`), folder);
    project.provide('postgres', { url: server.url });
  }
  return () => {
    server?.stop();
    server?.remove();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function makeSchema(url: string | undefined, dataDirectory: string): Promise<void> {
  const fail = (error: Error): never => {
    throw error;
  };
  await (await openDatabase({ url, dataDirectory, onFatal: fail, onLost: fail })).close();
}
