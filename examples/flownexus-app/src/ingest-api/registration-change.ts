import type { ResourceRecord } from '@flownexus/lwm2m-core';
import type { Database } from '../database/open-database.ts';
import type { EndpointChange, EndpointRegistration } from '../values/batch.ts';
import { REGISTRATION_EVENTS } from '../values/known-resource-types.ts';

/** What is assumed of an endpoint that only reports tell of. */
const UNKNOWN: EndpointRegistration = {
  address: '',
  lifetime: 86_400,
  lwm2mVersion: '1.1',
  bindingMode: 'U',
  queueMode: false,
  objectLinks: [],
  demo: false,
  security: 'none',
};

/**
 * What registration events among the values do to their endpoint, the last of them counting; undefined when there are none. They say when, and not
 * from where or with what: that stays as it is.
 */
export async function changeOf(
  endpoint: string,
  records: readonly ResourceRecord[],
  registrationObject: number,
  database: Pick<Database, 'reads'>,
): Promise<EndpointChange | undefined> {
  const kind = records.reduce<EndpointChange['kind'] | undefined>(
    (latest, { path }) => (path.objectId === registrationObject ? kindOf(path.resourceId) : undefined) ?? latest,
    undefined,
  );
  if (kind === undefined || kind === 'unregistered') return kind === undefined ? undefined : { kind };
  return { kind, registration: (await registrationOf(endpoint, database)) ?? UNKNOWN };
}

function kindOf(resourceId: number | undefined): EndpointChange['kind'] | undefined {
  switch (resourceId) {
    case REGISTRATION_EVENTS.registered:
      return 'registered';
    case REGISTRATION_EVENTS.updated:
      return 'updated';
    case REGISTRATION_EVENTS.unregistered:
      return 'unregistered';
    default:
      return undefined;
  }
}

async function registrationOf(
  endpoint: string,
  database: Pick<Database, 'reads'>,
): Promise<EndpointRegistration | undefined> {
  const row = await database.reads.selectFrom('Endpoint').selectAll().where('endpoint', '=', endpoint).executeTakeFirst(); // prettier-ignore
  if (row === undefined) return undefined;
  return {
    address: row.address,
    lifetime: row.lifetime,
    lwm2mVersion: row.lwm2m_version,
    bindingMode: row.binding_mode,
    queueMode: row.queue_mode === 1,
    objectLinks: JSON.parse(row.object_links) as string[],
    demo: row.demo === 1,
    security: row.security,
  };
}
