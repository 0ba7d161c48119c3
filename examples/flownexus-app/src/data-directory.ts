import { accessSync, constants, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StartError } from './start-error.ts';

/** Makes the data directory where it is not there yet; gives its whole path. Throws a {@link StartError} when it can not be used. */
export function makeDataDirectory(directory: string): string {
  const path = resolve(directory);
  try {
    makeDirectory(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return path;
  } catch (error) {
    // Node's message ends with the system call and its arguments.
    const reason = error instanceof Error ? error.message.replace(/, .*$/s, '') : String(error);
    throw new StartError(`FLOWNEXUS_DATA_DIR ${path} can not be used: ${reason}`, { cause: error });
  }
}

/** Like `recursive: true`, which never ends where a folder is there but takes no more, such as /proc (Node 24). */
function makeDirectory(path: string): void {
  const there = existing(path);
  if (there?.isDirectory() === true) return;
  if (there !== undefined) throw new Error(`${path} is not a folder`);
  makeDirectory(dirname(path));
  mkdirSync(path);
}

function existing(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // Below something that is no folder there is nothing, as its parent will tell.
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}
