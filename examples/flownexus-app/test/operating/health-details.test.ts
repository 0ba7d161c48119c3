import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { Lwm2mServer } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { DatabaseWatch } from '../../src/operating/database-watch.ts';
import { keepLastBackup } from '../../src/operating/backup/last-backup.ts';
import { healthDetailsRoute } from '../../src/operating/health-details.ts';
import { FleetStatistics } from '../../src/statistics/fleet-statistics.ts';
import { databasePlace, onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';

const PATH = '/api/v1/health/details';

onEachDatabase('the details of health', (kind) => {
  test('tell of database, disk, ports, queue, commits and backup, also while the database is away', async () => {
    const place = await databasePlace(kind);
    const database = await testDatabase(kind, place);
    const server = new Lwm2mServer({ endpoints: [], objects: await ObjectRegistry.bundled() });
    const { call } = await testRoutes([
      healthDetailsRoute({
        version: '1.2.3',
        dataDirectory: place.dataDirectory,
        database,
        watch: new DatabaseWatch({ database }),
        statistics: new FleetStatistics({ database, refused: { count: 0 }, lwm2m: () => server.statistics }),
        queue: () => ({ queued: 2, waiting: 1 }),
        listening: () => ['coap://127.0.0.1:5683'],
      }),
    ]);
    const { body } = await call('GET', PATH);
    expect(body).toEqual({
      status: 'pass',
      version: '1.2.3',
      uptimeSeconds: expect.any(Number) as number,
      database: {
        kind,
        sizeBytes: expect.any(Number) as number,
        latencyMs: expect.any(Number) as number,
        awaySince: null,
      },
      disk: { freeBytes: expect.any(Number) as number, totalBytes: expect.any(Number) as number },
      listening: ['coap://127.0.0.1:5683'],
      queue: { unfinished: 2, waiting: 1 },
      commits: { waiting: 0, lastMs: 0 },
      lastBackup: null,
    });
    await keepLastBackup(place.dataDirectory, { time: Date.UTC(2026, 0, 1), bytes: 5 });
    await database.close();
    const { status, body: away } = await call('GET', PATH);
    expect(status).toBe(200);
    expect(away).toMatchObject({
      status: 'fail',
      database: { sizeBytes: null, latencyMs: null, awaySince: expect.stringMatching(/^20\d\d-/) as string },
      lastBackup: { time: '2026-01-01T00:00:00.000Z', bytes: 5 },
    });
    expect((await call('GET', PATH, undefined, { 'x-permissions': 'none' })).status).toBe(401);
  });
});
