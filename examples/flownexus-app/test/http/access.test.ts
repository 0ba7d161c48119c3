import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { Lwm2mServer } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { EndpointReader } from '../../src/endpoints/endpoint-reader.ts';
import { endpointRoutes } from '../../src/endpoints/endpoint-routes.ts';
import { namedValueRoutes } from '../../src/ingest-api/named-value-routes.ts';
import { reportRoutes } from '../../src/ingest-api/report-routes.ts';
import { Settings } from '../../src/settings/settings.ts';
import { settingsRoutes } from '../../src/settings/settings-routes.ts';
import { FleetStatistics } from '../../src/statistics/fleet-statistics.ts';
import { statisticsRoutes } from '../../src/statistics/statistics-routes.ts';
import { resourceRoutes } from '../../src/values/resource-routes.ts';
import { type AccessDocument, checkAccess } from '../support/check-access.ts';
import { testDatabase } from '../support/test-database.ts';
import { testHttpApp } from '../support/test-http-app.ts';

test('no route does anything for who has no right to it', async () => {
  const database = await testDatabase();
  const definitions = await ObjectRegistry.bundled();
  const settings = await Settings.load(database, { production: false });
  const lwm2m = new Lwm2mServer({ endpoints: [], objects: definitions });
  const submit = (): Promise<void> => Promise.reject(new Error('nobody may do this'));
  const { call } = await testHttpApp({
    routes: [
      ...endpointRoutes({ endpoints: new EndpointReader(database, () => undefined) }),
      ...resourceRoutes({ database, definitions }),
      ...reportRoutes({ database, definitions, submit, settings }),
      ...namedValueRoutes({ database }),
      ...settingsRoutes({ settings }),
      ...statisticsRoutes({
        statistics: new FleetStatistics({ database, refused: { count: 0 }, lwm2m: () => lwm2m.statistics }),
      }),
    ],
  });
  const document = (await call('GET', '/api/v1/openapi.json')).body as AccessDocument;
  const checked = await checkAccess(document, (method, path, rights) =>
    call(method, path, { 'x-permissions': rights === 'none' ? rights : rights.join(',') }),
  );
  expect(checked).toBeGreaterThan(14);
});
