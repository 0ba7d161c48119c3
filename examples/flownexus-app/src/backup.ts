import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfig } from './config.ts';
import { makeDataDirectory } from './data-directory.ts';
import { DATABASE_FILE } from './database/open-database.ts';
import { runCommand } from './operating/run-command.ts';
import { writeBackup } from './operating/backup/write-backup.ts';
import { StartError } from './start-error.ts';
import { VERSION } from './version.ts';

// npm run backup -- FILE: of the data directory that the environment names. FlowNexus may run meanwhile.

async function main([file, ...more]: readonly string[]): Promise<string[]> {
  if (file === undefined || file.startsWith('-') || more.length > 0)
    throw new StartError('usage: npm run backup -- FILE');
  const { dataDirectory: configured, databaseUrl } = readConfig(process.env);
  const dataDirectory = makeDataDirectory(configured);
  const kind = databaseUrl === undefined ? 'sqlite' : 'postgres';
  if (kind === 'sqlite' && !existsSync(join(dataDirectory, DATABASE_FILE))) {
    throw new StartError(`FLOWNEXUS_DATA_DIR ${dataDirectory} has no database`);
  }
  const { manifest, bytes } = await writeBackup({ dataDirectory, kind, version: VERSION }, resolve(file));
  const rows = Object.entries(manifest.database.rows).map(([table, count]) => `${table} ${String(count)}`);
  return [
    `The backup is in ${file}: ${String(bytes)} bytes, ${String(manifest.files.length)} files. It has all keys: keep it like them.`,
    kind === 'sqlite'
      ? `Rows: ${rows.join(', ')}`
      : 'It has the files alone; the database of PostgreSQL is for pg_dump.',
  ];
}

runCommand(main);
