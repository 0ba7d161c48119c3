import { CompiledQuery } from 'kysely';
import type { Migration } from 'kysely/migration';
import { isPostgres } from '../dialect.ts';
import { columnTypes, type ColumnTypes } from './column-types.ts';
import { platformTables } from './0001-platform.ts';
import { userTables } from './0002-users.ts';
import { firmwareTables } from './0003-firmware.ts';
import { logTables } from './0005-logs.ts';
import { bootstrapTables } from './0006-bootstrap.ts';
import { certificateTables } from './0007-certificates.ts';
import { endpointColumns } from './0008-endpoint-columns.ts';
import { firmwareUpdateTables } from './0004-firmware-updates.ts';
import { setAsidePreviousRelease, takeOverPreviousRelease } from './previous-rows.ts';

/** The schema, one entry per version, in the order of their names. One that was released is never changed: a new one is added. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-platform': {
    async up(db) {
      const postgres = isPostgres(db);
      const hasPrevious = !postgres && (await setAsidePreviousRelease(db));
      for (const statement of platformTables(columnTypes[postgres ? 'postgres' : 'sqlite'])) {
        await db.executeQuery(CompiledQuery.raw(statement));
      }
      if (hasPrevious) await takeOverPreviousRelease(db);
    },
  },
  '0002-users': {
    async up(db) {
      for (const statement of userTables(isPostgres(db) ? 'postgres' : 'sqlite')) {
        await db.executeQuery(CompiledQuery.raw(statement));
      }
    },
  },
  '0003-firmware': adding(firmwareTables),
  '0004-firmware-updates': adding(firmwareUpdateTables),
  '0005-logs': adding(logTables),
  '0006-bootstrap': adding(bootstrapTables),
  '0007-certificates': adding(certificateTables),
  '0008-endpoint-columns': adding(endpointColumns),
};

/** Statements that make or change tables. */
function adding(tables: (types: ColumnTypes) => string[]): Migration {
  return {
    async up(db) {
      for (const statement of tables(columnTypes[isPostgres(db) ? 'postgres' : 'sqlite'])) {
        await db.executeQuery(CompiledQuery.raw(statement));
      }
    },
  };
}
