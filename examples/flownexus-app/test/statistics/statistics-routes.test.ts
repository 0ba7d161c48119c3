import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { Lwm2mServer } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { FleetStatistics } from '../../src/statistics/fleet-statistics.ts';
import { statisticsRoutes } from '../../src/statistics/statistics-routes.ts';
import { addEndpoints } from '../support/endpoint-rows.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';
import { NEW_YEAR } from '../support/times.ts';

onEachDatabase('statistics', (kind) => {
  test('numbers of the database, of the last minute and of the LwM2M server', async () => {
    const database = await testDatabase(kind);
    const definitions = await ObjectRegistry.bundled();
    const lwm2m = new Lwm2mServer({ endpoints: [], objects: definitions });
    const statistics = new FleetStatistics({
      refused: { count: 3 },
      database,
      lwm2m: () => ({ ...lwm2m.statistics, registrations: 3, asleep: 1 }),
    });
    const { call } = await testRoutes(statisticsRoutes({ statistics }));
    await addEndpoints(
      database,
      { endpoint: 'a' },
      { endpoint: 'b' },
      { endpoint: 'c', registered: 0, admission: 'held' },
      { endpoint: 'd', registered: 0, admission: 'refused' },
    );
    for (const [id, status] of [
      ['1', 'QUEUED'],
      ['2', 'QUEUED'],
      ['3', 'FAILED'],
    ] as const) {
      await database.db
        .insertInto('EndpointOperation')
        .values({
          id,
          sequence: Number(id),
          endpoint: 'a',
          operation_type: 'read',
          path: '/3',
          operation: '{}',
          status,
          max_attempts: 3,
          repeatable: 0,
          timestamp_created: NEW_YEAR,
          updated_at: NEW_YEAR,
        })
        .execute();
    }
    const key = { seriesId: 1, time: 1, id: 1 };
    const batch = { endpoint: 'a', receivedAt: NEW_YEAR, source: 'observe', records: [] } as const;
    statistics.count([
      { batch, values: [key, key], refused: 2, events: [] },
      { batch, values: [key], refused: 0, events: [] },
    ]);
    const { status, body } = await call('GET', '/api/v1/statistics');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      endpoints: { total: 4, registered: 2, awake: 2, asleep: 1, held: 1, refused: 1 },
      lastMinute: { messages: 2, values: 3, events: 0 },
      refusedValues: 3,
      operations: { queued: 2, sending: 0, confirmed: 0, failed: 1 },
      database: { kind },
      lwm2m: { registers: 0 },
    });
    expect((body as { database: { sizeBytes: number } }).database.sizeBytes).toBeGreaterThan(10_000);
    // Counting goes through tables: not for each who asks.
    await addEndpoints(database, { endpoint: 'e' });
    expect((await call('GET', '/api/v1/statistics')).body).toEqual(body);
  });
});
