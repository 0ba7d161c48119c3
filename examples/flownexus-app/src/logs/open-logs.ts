import type { ResourceRecord } from '@flownexus/lwm2m-core';
import type { OperationQueue } from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import type { Route } from '../http/route.ts';
import type { Batch } from '../values/batch.ts';
import { DeviceLogs } from './device-logs.ts';
import { logControlRoutes } from './log-control-routes.ts';
import { type LogEntryItem, toStreamedLogEntry } from './log-items.ts';
import { logResourceRoutes, markedResources } from './log-resources.ts';
import { LogRetention, type LogRetentionOptions } from './log-retention.ts';
import { logRoutes } from './log-routes.ts';

export interface LogsOptions {
  readonly database: Database;
  readonly settings: LogRetentionOptions['settings'];
  /** Hears of each entry after it was committed. `item` makes what lists show of it. */
  readonly publish: (endpoint: string, item: () => LogEntryItem) => void;
  readonly log: Logger;
}

/** Logs of devices: what the rest of the app needs of them. */
export interface Logs {
  /** Wraps the function that stores batches: what of them is a log becomes log entries, and no values. */
  separating(store: (batch: Batch) => Promise<void>): (batch: Batch) => Promise<void>;
  /** Whether a value of a device is what a log holds, and no value. */
  readonly isLog: (record: ResourceRecord) => boolean;
  /** `queue` is that of the LwM2M server; `stopping` is aborted when the app begins to stop. */
  routes(queue: OperationQueue, stopping?: AbortSignal): Route[];
  /** Begins to delete what is old. The commits of the database must be open. */
  start(): void;
  stop(): Promise<void>;
}

/** Reads from the database which Resources are logs. */
export async function openLogs({ database, settings, publish, log }: LogsOptions): Promise<Logs> {
  const deviceLogs = new DeviceLogs({
    database,
    resources: await markedResources(database),
    onStored: (rows) => {
      for (const row of rows) publish(row.endpoint, () => toStreamedLogEntry(row));
    },
    log,
  });
  const { intake } = deviceLogs;
  const retention = new LogRetention({ database, settings, log });
  return {
    separating: (store) => deviceLogs.separating(store),
    isLog: (record) => intake.isLog(record),
    routes: (queue, stopping) => [
      ...logRoutes({ database }),
      ...logResourceRoutes({ database, intake }),
      ...logControlRoutes({ database, queue, intake, stopping }),
    ],
    start: () => {
      deviceLogs.start();
      retention.start();
    },
    stop: async () => {
      await deviceLogs.stop();
      await retention.stop();
    },
  };
}
