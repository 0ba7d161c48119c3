import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Says when the last backup was made. It is no part of a backup. */
export const LAST_BACKUP_FILE = 'last-backup.json';

const lastBackupSchema = z.object({
  /** Milliseconds since 1970. */
  time: z.int(),
  /** Of the archive. */
  bytes: z.int().min(0),
});
export type LastBackup = z.infer<typeof lastBackupSchema>;

/** The last backup of a data directory; undefined: none is known. Never rejects. */
export async function lastBackup(dataDirectory: string): Promise<LastBackup | undefined> {
  try {
    return lastBackupSchema.parse(JSON.parse(await readFile(join(dataDirectory, LAST_BACKUP_FILE), 'utf8')));
  } catch {
    // Not there yet, or of somebody else: it is for people to look at.
    return undefined;
  }
}

/** Keeps that a backup was made. Whoever may look into the data directory may read it: root makes backups, too, of what another user runs. */
export async function keepLastBackup(dataDirectory: string, backup: LastBackup): Promise<void> {
  const file = join(dataDirectory, LAST_BACKUP_FILE);
  await writeFile(`${file}.part`, JSON.stringify(backup), { mode: 0o644 });
  await rename(`${file}.part`, file);
}
