import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import type { Route } from '../http/route.ts';
import type { Devices } from '../lwm2m/open-devices.ts';
import type { FleetStatistics } from '../statistics/fleet-statistics.ts';
import { backupRoute } from './backup/backup-route.ts';
import { DatabaseWatch } from './database-watch.ts';
import { healthDetailsRoute } from './health-details.ts';
import { HttpMetrics } from './http-metrics.ts';
import { Metrics } from './metrics.ts';
import { observeRequests } from './request-log.ts';

export interface OperatingOptions {
  readonly version: string;
  readonly dataDirectory: string;
  readonly database: Database;
  readonly devices: Devices;
  readonly statistics: FleetStatistics;
  readonly log: Logger;
}

/** What operators need of the app: metrics, health, the log of requests. */
export interface Operating {
  readonly routes: readonly Route[];
  /** For the HTTP app: sees each request first. `mounts` are the paths of what is no route. */
  observe(mounts: readonly { readonly path: string }[]): (routes: readonly Route[]) => RequestHandler;
  /** Begins to look at the database. */
  start(): void;
  stop(): Promise<void>;
}

export function openOperating({
  version,
  dataDirectory,
  database,
  devices,
  statistics,
  log,
}: OperatingOptions): Operating {
  const { side } = devices;
  const watch = new DatabaseWatch({ database });
  const metrics = new Metrics({
    version,
    database,
    watch,
    statistics,
    devices: () => ({
      lwm2m: side.server.statistics,
      bootstrap: side.bootstrapServer.statistics,
      dtls: { lwm2m: side.dtlsStatistics('lwm2m'), bootstrap: side.dtlsStatistics('bootstrap') },
    }),
    log,
  });
  const health = healthDetailsRoute({
    version,
    dataDirectory,
    database,
    watch,
    statistics,
    queue: () => side.server.statistics,
    listening: () => side.addresses,
  });
  return {
    routes: [metrics.route, health, backupRoute({ dataDirectory, kind: database.kind, version })],
    observe: (mounts) => (routes) =>
      observeRequests({ metrics: new HttpMetrics({ registry: metrics.registry, routes, mounts }), log }),
    start: () => watch.start(),
    stop: () => watch.stop(),
  };
}
