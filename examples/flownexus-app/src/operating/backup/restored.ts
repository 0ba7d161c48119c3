import { existsSync, readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Database } from '../../database/open-database.ts';
import { StartError } from '../../start-error.ts';
import { forgetAssociations } from './copy-database.ts';
import { flush } from './data-files.ts';

/** Says that a data directory was put back, until the next start. */
export const RESTORED_FILE = 'restored.json';

/** Where an archive is unpacked, within the data directory. */
export const RESTORE_DIRECTORY = 'restore.part';

/** Has the next start forget what must not come back. */
export async function markRestored(dataDirectory: string, time: number): Promise<void> {
  const file = join(dataDirectory, RESTORED_FILE);
  await writeFile(file, JSON.stringify({ time }), { mode: 0o600 });
  await flush(file);
}

/** Throws a {@link StartError} when a restore was begun and not finished: what is there is a part of two databases. */
export function refuseHalfRestored(dataDirectory: string): void {
  if (!readdirSync(dataDirectory).includes(RESTORE_DIRECTORY)) return;
  throw new StartError(
    `FLOWNEXUS_DATA_DIR ${dataDirectory} was not restored completely: restore it again, with --replace`,
  );
}

/**
 * After a restore: deletes all DTLS associations, before devices are heard. One that was put back would use nonces twice; the devices make new ones. Does nothing
 * for a data directory that was not restored.
 */
export async function forgetAfterRestore(
  { db }: Pick<Database, 'db'>,
  dataDirectory: string,
  log: Logger,
): Promise<void> {
  const file = join(dataDirectory, RESTORED_FILE);
  if (!existsSync(file)) return;
  await forgetAssociations(db);
  await rm(file);
  log.info('the data directory was restored: devices make new DTLS associations');
}
