import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { expect, test, vi } from 'vitest';
import { backupRoute } from '../../../src/operating/backup/backup-route.ts';
import { lastBackup } from '../../../src/operating/backup/last-backup.ts';
import { databasePlace, temporaryDirectory, testDatabase } from '../../support/test-database.ts';
import { testRoutes } from '../../support/test-routes.ts';

const PATH = '/api/v1/backup';

async function testBackupRoute(dataDirectory?: string) {
  const place = await databasePlace();
  await testDatabase('sqlite', place);
  const directory = dataDirectory ?? place.dataDirectory;
  const routes = [backupRoute({ dataDirectory: directory, kind: 'sqlite', version: '1' })];
  const leftOver = (): string[] => readdirSync(directory).filter((name) => name.startsWith('backup.part'));
  return { ...(await testRoutes(routes)), directory, leftOver };
}

test('an administrator gets the archive, which is written down, and nothing is left of it', async () => {
  const { call, audited, directory, leftOver } = await testBackupRoute();
  expect((await call('POST', PATH, undefined, { 'x-permissions': 'read,operate' })).status).toBe(403);
  const answer = await call('POST', PATH);
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-tar' } });
  expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="flownexus-[\dTZ-]+\.tar"$/);
  expect(answer.text).toContain('manifest.json');
  expect(audited).toMatchObject([{ action: 'makeBackup' }]);
  expect(leftOver()).toEqual([]);
  expect(await lastBackup(directory)).toBeDefined();
});

test('one at a time, and what fails is an answer', async () => {
  const { call } = await testBackupRoute();
  const statuses = (await Promise.all([call('POST', PATH), call('POST', PATH)])).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, 409]);
  expect((await call('POST', PATH)).status).toBe(200);
  const failing = await testBackupRoute(temporaryDirectory());
  expect(await failing.call('POST', PATH)).toMatchObject({ status: 500, body: { status: 500 } });
  expect(failing.leftOver()).toEqual([]);
  expect(await failing.call('POST', PATH)).toMatchObject({ status: 500 });
});

test('who leaves meanwhile leaves nothing behind', async () => {
  const { url, call, leftOver } = await testBackupRoute();
  const outgoing = request(`${url}api/v1/backup`, { method: 'POST', agent: false, headers: { 'x-permissions': 'administer' } }); // prettier-ignore
  outgoing.on('error', () => undefined);
  outgoing.on('response', (response) => {
    response.on('error', () => undefined);
    response.destroy();
  });
  outgoing.end();
  await vi.waitFor(() => expect(leftOver()).not.toEqual([]), { interval: 1 });
  await vi.waitFor(() => expect(leftOver()).toEqual([]), { timeout: 10_000 });
  await vi.waitFor(async () => expect((await call('POST', PATH)).status).toBe(200));
});
