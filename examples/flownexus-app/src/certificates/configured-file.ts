import { readFileSync } from 'node:fs';
import { StartError } from '../start-error.ts';

/** Reads a file that the configuration names. Throws a {@link StartError} that names its variable. */
export function readConfigured(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    // Node's message ends with the system call and its arguments.
    const reason = error instanceof Error ? error.message.replace(/, .*$/s, '') : String(error);
    throw new StartError(`${variable} ${file} can not be read: ${reason}`, { cause: error });
  }
}
