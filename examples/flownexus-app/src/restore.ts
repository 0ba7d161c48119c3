import { resolve } from 'node:path';
import { readConfig } from './config.ts';
import { makeDataDirectory } from './data-directory.ts';
import { lockDataDirectory } from './data-directory-lock.ts';
import { restoreBackup } from './operating/backup/restore-backup.ts';
import { runCommand } from './operating/run-command.ts';
import { StartError } from './start-error.ts';

// npm run restore -- FILE [--replace]: into the data directory that the environment names. FlowNexus must not run.

async function main(given: readonly string[]): Promise<string[]> {
  const replace = given.includes('--replace');
  const [file, ...more] = given.filter((each) => each !== '--replace');
  if (file === undefined || file.startsWith('-') || more.length > 0) {
    throw new StartError('usage: npm run restore -- FILE [--replace]');
  }
  const dataDirectory = makeDataDirectory(readConfig(process.env).dataDirectory);
  const lock = lockDataDirectory(dataDirectory);
  try {
    const { manifest, replaced } = await restoreBackup({
      file: resolve(file),
      dataDirectory,
      replace,
      now: Date.now(),
    });
    const { version, time, database, files } = manifest;
    return [
      `Restored what FlowNexus ${version} kept on ${new Date(time).toISOString()}: ${String(files.length)} files. Devices make new DTLS associations.`,
      ...(database.kind === 'postgres'
        ? ['It has the files alone; the database of PostgreSQL is for pg_restore.']
        : []),
      ...(replaced === undefined ? [] : [`What was there before is in ${replaced}.`]),
    ];
  } finally {
    lock.release();
  }
}

runCommand(main);
