import { expect, test } from 'vitest';
import { reconcileEndpoints } from '../../src/lwm2m/reconcile-endpoints.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';

onEachDatabase('rows of endpoints', (kind) => {
  test('agree with the registrations that are kept', async () => {
    const database = await testDatabase(kind);
    const row = { first_seen: 1, last_updated: 1, address: '', lifetime: 1, lwm2m_version: '', binding_mode: '', queue_mode: 0, object_links: '[]' } as const; // prettier-ignore
    await database.db
      .insertInto('Endpoint')
      .values([
        { ...row, endpoint: 'both', registered: 1 },
        { ...row, endpoint: 'row alone', registered: 1 },
        { ...row, endpoint: 'registration alone', registered: 0 },
        { ...row, endpoint: 'neither', registered: 0 },
      ])
      .execute();
    await database.db
      .insertInto('Registration')
      .values(
        ['both', 'registration alone'].map((endpoint, index) => {
          return { endpoint, registration_id: 'x', peer_key: 'x', server_address: 'x', position: index, registration: '{}' };
        }),
      )
      .execute(); // prettier-ignore
    await reconcileEndpoints(database);
    const rows = await database.reads.selectFrom('Endpoint').select('endpoint').where('registered', '=', 1).orderBy('endpoint').execute(); // prettier-ignore
    expect(rows.map(({ endpoint }) => endpoint)).toEqual(['both', 'registration alone']);
  });
});
