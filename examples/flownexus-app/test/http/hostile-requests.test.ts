import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EndpointReader } from '../../src/endpoints/endpoint-reader.ts';
import { endpointRoutes } from '../../src/endpoints/endpoint-routes.ts';
import { namedValueRoutes } from '../../src/ingest-api/named-value-routes.ts';
import { reportRoutes } from '../../src/ingest-api/report-routes.ts';
import { Settings } from '../../src/settings/settings.ts';
import { settingsRoutes } from '../../src/settings/settings-routes.ts';
import { resourceRoutes } from '../../src/values/resource-routes.ts';
import { record, registered, values } from '../support/batches.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testHttpApp } from '../support/test-http-app.ts';
import { testIngest } from '../support/test-ingest.ts';

const PARAMETERS = ['path', 'from', 'to', 'limit', 'order', 'cursor', 'search', 'sort', 'object', 'registered', 'endpoint', 'bucket', 'offset', 'model']; // prettier-ignore
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('a', '-1', '0', '1', '99999999999999999999', '/3303/0/5700', '/', '2026-01-01', '1.1', '-8640000000000001.5', '65536/1', 'asc', 'desc', 'name', 'lastUpdated', 'day', 'true', "'\"\\%_", '\0'), // prettier-ignore
);
const query = fc.dictionary(fc.oneof(fc.constantFrom(...PARAMETERS), text), text, { maxKeys: 4 });
const name = fc.oneof(fc.constant('a'), text);

/** JSON with the names that reports have, in all the wrong places. */
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, 0, 1, -1, 1e300, 3, 65_536, 'FLOAT', 'obj', 'instance', 'singleResource', 'multiResource', 'resourceInstance', 'root', 'abc', '1', '\0', '\ud800'), // prettier-ignore
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('ep', 'obj_id', 'val', 'kind', 'id', 'type', 'value', 'values', 'instances', 'resources', 'objects', '/3', '/3303/0', '/3303/0/5700', '0', '__proto__', 'admission'), // prettier-ignore
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
}));
const report = fc.record({ ep: fc.oneof(fc.constant('a'), json), obj_id: fc.oneof(fc.constantFrom(3, 3303), json), val: json }); // prettier-ignore

onEachDatabase('hostile requests', (kind) => {
  async function start() {
    const { database, definitions, ingest } = await testIngest(kind);
    await ingest.submit(registered('a'));
    await ingest.submit(values('a', [record('/3303/0/5700', 'float', 1)]));
    const settings = await Settings.load(database, { production: false });
    return testHttpApp({
      routes: [
        ...endpointRoutes({ endpoints: new EndpointReader(database, () => undefined) }),
        ...resourceRoutes({ database, definitions }),
        ...reportRoutes({ database, definitions, submit: ingest.submit.bind(ingest), settings }),
        ...namedValueRoutes({ database }),
        ...settingsRoutes({ settings }),
      ],
    });
  }
  // A lone surrogate has no percent-encoding.
  const encode = (part: string): string => encodeURIComponent(part.toWellFormed());

  test('whatever is asked, the answer is JSON and the failure never ours', { timeout: 60_000 }, async () => {
    const { get } = await start();
    const asked = fc.constantFrom('/api/v1/endpoints', '/api/v1/endpoints/:', '/api/v1/endpoints/:/resources', '/api/v1/endpoints/:/resources/latest', '/api/v1/endpoints/:/resources/aggregates', '/api/v1/endpoints/:/series', '/leshan_api/data/:'); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(asked, name, query, async (path, at, parameters) => {
        const search = Object.entries(parameters).map(([key, value]) => `${encode(key)}=${encode(value)}`);
        const answer = await get(`${path.replace(':', encode(at))}?${search.join('&')}`);
        expect([200, 400, 404]).toContain(answer.status);
        expect(answer.body).toBeTypeOf('object');
      }),
      { numRuns: 400 },
    );
  });

  test('whatever is posted, the answer is JSON and the failure never ours', { timeout: 60_000 }, async () => {
    const { call } = await start();
    const target = fc.constantFrom('/leshan_api/resource/single', '/leshan_api/resource/composite');
    await fc.assert(
      fc.asyncProperty(target, fc.oneof(report, json), async (path, body) => {
        const answer = await call('POST', path, { 'content-type': 'application/json' }, JSON.stringify(body));
        expect([201, 400], answer.text).toContain(answer.status);
        expect(answer.body).toBeTypeOf('object');
      }),
      { numRuns: 400 },
    );
    for (const [body, type] of [
      ['{', 'application/json'],
      ['', 'application/json'],
      ['x', 'text/plain'],
      ['\0', 'application/json; charset=x'],
    ] as const) {
      for (const path of ['/leshan_api/resource/single', '/leshan_api/resource/composite']) {
        expect([400, 415]).toContain((await call('POST', path, { 'content-type': type }, body)).status);
      }
      if (body === '') continue;
      expect([400, 415]).toContain((await call('PATCH', '/api/v1/settings', { 'content-type': type }, body)).status);
    }
  });
});
