import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { Logger } from 'pino';
import type { Database } from './database/open-database.ts';
import type { EndpointReader } from './endpoints/endpoint-reader.ts';
import { endpointRoutes } from './endpoints/endpoint-routes.ts';
import type { Events } from './events/open-events.ts';
import type { Mount } from './http/http-app.ts';
import type { LiveStream } from './http/live-stream.ts';
import type { Route } from './http/route.ts';
import { reportRoutes } from './ingest-api/report-routes.ts';
import type { Devices } from './lwm2m/open-devices.ts';
import type { Settings } from './settings/settings.ts';
import { userRoutes } from './users/routes.ts';
import type { Users } from './users/users.ts';
import type { Batch } from './values/batch.ts';
import type { Ingest } from './values/ingest.ts';
import { resourceRoutes } from './values/resource-routes.ts';

/** What the routes call. */
export interface Parts {
  readonly database: Database;
  readonly objects: ObjectRegistry;
  readonly settings: Settings;
  readonly users: Users;
  readonly stream: LiveStream;
  readonly events: Events;
  readonly endpoints: EndpointReader;
  readonly ingest: Ingest;
  readonly store: (batch: Batch) => Promise<void>;
  readonly devices: Devices;
  readonly log: Logger;
}

/** All that is served over HTTP beside health, the stream, the OpenAPI document and the page. */
export function routesOf(parts: Parts): { readonly api: readonly Route[]; readonly mounts: readonly Mount[] } {
  const { database, objects, settings, users, events, endpoints, store, devices } = parts;
  const api = [
    ...endpointRoutes({ endpoints }),
    ...resourceRoutes({ database, definitions: objects }),
    ...events.routes,
    ...devices.side.routes,
    ...reportRoutes({ database, definitions: objects, submit: store, settings }),
    ...userRoutes(users),
  ];
  return { api, mounts: [] };
}
