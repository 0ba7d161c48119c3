import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { onTestFinished } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open-database.ts';

/** A folder that is gone when the test has finished. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'flownexus-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function testDatabase(directory = temporaryDirectory()) {
  const connection = openDatabase(directory);
  const definitions = await ObjectRegistry.bundled();
  const database = new Database(connection, definitions);
  onTestFinished(() => {
    if (connection.isOpen) connection.close();
  });
  return { connection, database, definitions, directory };
}
