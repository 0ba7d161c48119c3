import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { limits } from '../../limits.ts';

/** The root of some file systems has it, for root alone. It is no data of ours. */
export const LOST_AND_FOUND = 'lost+found';

/** The regular files below a directory whose paths `isWanted`, with `/` in them, in order. Links are not followed. */
export async function filesBelow(
  directory: string,
  isWanted: (path: string) => boolean = () => true,
): Promise<string[]> {
  const found: string[] = [];
  const look = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (!isWanted(path)) continue;
      if (entry.isDirectory()) await look(path);
      else if (entry.isFile()) found.push(path);
      if (found.length > limits.backupFiles) throw new Error(`there are more than ${String(limits.backupFiles)} files in ${directory}`); // prettier-ignore
    }
  };
  await look('');
  return found.sort();
}

/** Keeps a file as it is now at another place of the same disk, or copies it. False: it is gone. */
export async function keepFile(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await link(from, to);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return true;
    if (codeOf(error) === 'ENOENT') return false;
    // Some file systems have no links.
    await copyFile(from, to);
  }
  return true;
}

/** Size and digest of a file. */
export async function digestOf(file: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = createReadStream(file);
  stream.on('data', (chunk) => (bytes += chunk.length));
  await pipeline(stream, hash);
  return { bytes, sha256: hash.digest('hex') };
}

/** Writes a file or folder to the disk itself. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Folders can not be written like that on every system.
    if (codeOf(error) !== 'EISDIR' && codeOf(error) !== 'EPERM' && codeOf(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
