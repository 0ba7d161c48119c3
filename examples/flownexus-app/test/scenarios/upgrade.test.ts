import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { previousRelease } from '../../src/database/migrations/previous-release.ts';
import { DATABASE_FILE } from '../../src/database/open-database.ts';
import { spawnApp } from '../support/app-process.ts';
import { temporaryDirectory } from '../support/test-database.ts';
import { BlackBox } from './black-box.ts';

test('a database of the release before is migrated at the start, with its data; one of a newer release is refused in a line', async () => {
  const directory = temporaryDirectory();
  const previous = new DatabaseSync(join(directory, DATABASE_FILE));
  for (const statements of previousRelease) previous.exec(statements);
  previous.exec(`
    PRAGMA user_version = ${String(previousRelease.length)};
    INSERT INTO Endpoint VALUES ('old', 1, 10, 20, '127.0.0.1:1', 60, '1.1', 'U', 0, '["/3303/0"]', 0, 'none');
    INSERT INTO ResourceType VALUES (5, 3303, 5700, 'temperature', 'FLOAT', 'R', 0, 1, NULL, NULL, NULL);
    INSERT INTO Resource (id, endpoint, resource_type_id, object_instance_id, source, float_value, ts_received)
      VALUES (1, 'old', 5, 0, 'observe', 21.5, 3600000);`);
  previous.close();
  const box = await BlackBox.start({}, directory);
  expect(await box.endpoint('old')).toMatchObject({ name: 'old', registered: false });
  expect(await box.values('old', '/3303/0/5700')).toMatchObject([{ value: 21.5, time: '1970-01-01T01:00:00.000Z' }]);
  box.app.child.kill('SIGTERM');
  expect(await box.app.ended).toMatchObject({ code: 0 });

  const database = new DatabaseSync(join(directory, DATABASE_FILE));
  database.exec(`INSERT INTO kysely_migration VALUES ('9999-later', '')`);
  database.close();
  const { ended } = spawnApp({ FLOWNEXUS_HTTP_PORT: '0', FLOWNEXUS_COAP_PORT: '0', FLOWNEXUS_DATA_DIR: directory });
  const { code, stderr } = await ended;
  expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 1, lines: 1 });
  expect(stderr).toContain('is of a newer release (schema 9999-later');
}, 60_000);
