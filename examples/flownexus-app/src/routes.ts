import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { Logger } from 'pino';
import type { Certificates } from './certificates/open-certificates.ts';
import type { Config } from './config.ts';
import type { Database } from './database/open-database.ts';
import type { EndpointReader } from './endpoints/endpoint-reader.ts';
import { endpointRoutes } from './endpoints/endpoint-routes.ts';
import { exportEndpointRoute } from './endpoints/export-endpoint.ts';
import { removeEndpointRoute } from './endpoints/remove-endpoint.ts';
import type { Events } from './events/open-events.ts';
import type { Firmware } from './firmware/open-firmware-packages.ts';
import type { FirmwareUpdates } from './firmware-updates/open-firmware-updates.ts';
import type { Mount } from './http/http-app.ts';
import type { Route } from './http/route.ts';
import { namedValueRoutes } from './ingest-api/named-value-routes.ts';
import { reportRoutes } from './ingest-api/report-routes.ts';
import { leshanRouter } from './leshan/leshan-router.ts';
import { leshanConfigurations, leshanCredentials, leshanGuards, localAudit } from './leshan/mount-leshan.ts';
import { type LeshanPorts, openLeshanPorts } from './leshan/open-leshan-ports.ts';
import type { LeshanOptions } from './leshan/options.ts';
import type { Logs } from './logs/open-logs.ts';
import { definitionsBy } from './lwm2m/definitions-by.ts';
import type { Devices } from './lwm2m/open-devices.ts';
import type { Operating } from './operating/open-operating.ts';
import { operationRoutes } from './operations/operation-routes.ts';
import { retentionRoutes } from './retention/retention-routes.ts';
import type { Settings } from './settings/settings.ts';
import { settingsRoutes } from './settings/settings-routes.ts';
import type { FleetStatistics } from './statistics/fleet-statistics.ts';
import { statisticsRoutes } from './statistics/statistics-routes.ts';
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
  readonly events: Events;
  readonly endpoints: EndpointReader;
  readonly ingest: Ingest;
  readonly store: (batch: Batch) => Promise<void>;
  readonly devices: Devices;
  readonly logs: Logs;
  readonly statistics: FleetStatistics;
  readonly firmware: Firmware;
  readonly firmwareUpdates: FirmwareUpdates;
  readonly certificates: Certificates;
  readonly operating: Operating;
  /** Aborted when the app stops. */
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

/** All that is served over HTTP beside health, the stream, the OpenAPI document and the page. */
export function routesOf(parts: Parts): { readonly api: readonly Route[]; readonly mounts: readonly Mount[] } {
  const { database, objects, settings, users, events, endpoints, store, devices, statistics, stopping, log } = parts;
  const { certificates, firmwareUpdates } = parts;
  const { server } = devices.side;
  const api = [
    ...endpointRoutes({ endpoints }),
    exportEndpointRoute({ database }),
    removeEndpointRoute({
      database,
      ingest: parts.ingest,
      release: async (name) => {
        await firmwareUpdates.release(name);
        await devices.side.release(name);
        await certificates.release(name);
      },
      cancelOperations: (name) => devices.side.cancelOperations(name),
      released: (name) => {
        devices.side.released(name);
        firmwareUpdates.released(name);
      },
      stopping,
    }),
    ...resourceRoutes({ database, definitions: objects }),
    ...retentionRoutes({ database }),
    ...operationRoutes({ database, queue: server.operations, definitionsOf: definitionsBy(server, objects), stopping }),
    ...events.routes,
    ...devices.side.routes,
    ...parts.logs.routes(server.operations, stopping),
    ...devices.bootstrap.routes,
    ...reportRoutes({ database, definitions: objects, submit: store, settings }),
    ...namedValueRoutes({ database }),
    ...statisticsRoutes({ statistics }),
    ...settingsRoutes({ settings }),
    ...userRoutes(users),
    ...parts.firmware.routes,
    ...firmwareUpdates.routes,
    ...certificates.routes,
    ...parts.operating.routes,
  ];
  const leshan = leshanRouter({ ...leshanOptions(parts), ...leshanGuards(users.guards, reportTo(log)) });
  return { api, mounts: [{ path: '/api', handler: leshan }, parts.firmware.mount] };
}

/** The same devices on ports of the loopback interface, for everybody on this machine. */
export async function openLeshan(
  parts: Parts,
  { leshanPort: port, leshanBootstrapPort: bootstrapPort }: Pick<Config, 'leshanPort' | 'leshanBootstrapPort'>,
): Promise<LeshanPorts> {
  const { devices, users, log } = parts;
  const audit = localAudit(users.guards, reportTo(log));
  return openLeshanPorts({
    server: { ...leshanOptions(parts), audit },
    port,
    bootstrap: {
      server: devices.side.bootstrapServer,
      credentials: leshanCredentials(devices.bootstrapCredentials),
      configurations: leshanConfigurations(devices.bootstrapConfigurations),
      ownCredential: parts.certificates.ownCredential,
      audit,
      log,
    },
    bootstrapPort,
  });
}

function leshanOptions({ devices, objects, certificates, log }: Parts): LeshanOptions {
  return {
    server: devices.side.server,
    objects,
    credentials: leshanCredentials(devices.credentials),
    ownCredential: certificates.ownCredential,
    log,
  };
}

function reportTo(log: Logger): (error: unknown) => void {
  return (error) => log.error({ err: error }, 'the audit log could not be written');
}
