import type { Insertable } from 'kysely';
import type { Database } from '../../src/database/open-database.ts';
import type { EndpointRow } from '../../src/database/tables.ts';
import { NEW_YEAR } from './times.ts';

/** Adds endpoints to the database as they are given, registered ones by default. */
export async function addEndpoints(
  database: Database,
  ...rows: (Partial<Insertable<EndpointRow>> & { endpoint: string })[]
): Promise<void> {
  const defaults = {
    registered: 1,
    first_seen: NEW_YEAR,
    last_updated: NEW_YEAR,
    registered_at: NEW_YEAR,
    address: '192.0.2.7:5683',
    lifetime: 60,
    lwm2m_version: '1.1',
    binding_mode: 'U',
    queue_mode: 0,
    object_links: '["/1/0","/3/0","/3303/0"]',
  } as const;
  for (const row of rows) {
    await database.db.insertInto('Endpoint').values({ ...defaults, ...row }).execute(); // prettier-ignore
  }
}
