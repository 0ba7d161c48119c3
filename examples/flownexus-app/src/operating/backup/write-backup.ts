import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { flush } from './data-files.ts';
import { keepLastBackup } from './last-backup.ts';
import type { Manifest } from './manifest.ts';
import { type BackupOptions, stageBackup } from './stage-backup.ts';

/** Writes a backup into a file, which is there when it is complete and on the disk, and not before. Gives its manifest and size. */
export async function writeBackup(
  options: BackupOptions,
  file: string,
): Promise<{ readonly manifest: Manifest; readonly bytes: number }> {
  const staged = await stageBackup(options);
  const part = `${file}.part`;
  try {
    // Not for others to read: it has keys.
    await pipeline(staged.pack(), createWriteStream(part, { mode: 0o600, flush: true }));
    const { size: bytes } = await stat(part);
    await rename(part, file);
    await flush(dirname(file));
    await keepLastBackup(options.dataDirectory, { time: staged.manifest.time, bytes });
    return { manifest: staged.manifest, bytes };
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await staged.remove();
  }
}
