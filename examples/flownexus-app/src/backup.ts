import { existsSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readConfig } from './config.ts';
import { makeDataDirectory } from './data-directory.ts';
import { DATABASE_FILE } from './database/open-database.ts';
import { type BackupOptions, stageBackup } from './operating/backup/stage-backup.ts';
import { writeBackup } from './operating/backup/write-backup.ts';
import { runCommand } from './operating/run-command.ts';
import { StartError } from './start-error.ts';
import { VERSION } from './version.ts';

// npm run backup -- FILE: of the data directory that the environment names; `-` is stdout. FlowNexus may run meanwhile.

async function main([file, ...more]: readonly string[]): Promise<readonly string[]> {
  if (file === undefined || (file !== '-' && file.startsWith('-')) || more.length > 0) {
    throw new StartError('usage: npm run backup -- FILE');
  }
  const { dataDirectory: configured, databaseUrl } = readConfig(process.env);
  const dataDirectory = makeDataDirectory(configured);
  const kind = databaseUrl === undefined ? 'sqlite' : 'postgres';
  if (kind === 'sqlite' && !existsSync(join(dataDirectory, DATABASE_FILE))) {
    throw new StartError(`FLOWNEXUS_DATA_DIR ${dataDirectory} has no database`);
  }
  const options: BackupOptions = { dataDirectory, kind, version: VERSION };
  if (file === '-') return writeToStdout(options);
  const target = resolve(file);
  // Else the next backup would have this one in it.
  if (target.startsWith(`${dataDirectory}${sep}`))
    throw new StartError('a backup can not be kept in the data directory');
  const { manifest, bytes } = await writeBackup(options, target);
  const rows = Object.entries(manifest.database.rows).map(([table, count]) => `${table} ${String(count)}`);
  return [
    `The backup is in ${file}: ${String(bytes)} bytes, ${String(manifest.files.length)} files. It has all keys: keep it like them.`,
    kind === 'sqlite'
      ? `Rows: ${rows.join(', ')}`
      : 'It has the files alone; the database of PostgreSQL is for pg_dump.',
  ];
}

/** What is on stdout is the archive, and nothing else. */
async function writeToStdout(options: BackupOptions): Promise<readonly string[]> {
  const staged = await stageBackup(options);
  try {
    await pipeline(staged.pack(), process.stdout);
  } finally {
    await staged.remove();
  }
  return [];
}

runCommand(main);
