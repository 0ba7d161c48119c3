import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Path of a database in a folder of its own, which is gone after the test. */
export function sqliteFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lwm2m-stores-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'stores.db');
}
