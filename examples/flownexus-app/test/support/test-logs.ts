import { parsePath, type ResourceRecord, type ResourceValue } from '@flownexus/lwm2m-core';
import { pino } from 'pino';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import type { DeviceLogRow } from '../../src/database/log-tables.ts';
import type { Database } from '../../src/database/open-database.ts';
import { DeviceLogs, type DeviceLogsOptions } from '../../src/logs/device-logs.ts';
import type { Batch } from '../../src/values/batch.ts';
import { addEndpoints } from './endpoint-rows.ts';
import { testDatabase } from './test-database.ts';

/** A value of a device, of the type that fits. */
export function record(path: string, value: ResourceValue, time?: number): ResourceRecord {
  const type = typeof value === 'string' ? 'string' : value instanceof Uint8Array ? 'opaque' : 'float';
  return { path: parsePath(path), type, value, time };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Logs over a database with the endpoint `dev`, and what is no log of the batches that were stored. */
export async function testLogs(kind: DatabaseKind = 'sqlite', options: Partial<DeviceLogsOptions> = {}) {
  const database = options.database ?? (await testDatabase(kind));
  await addEndpoints(database, { endpoint: 'dev' });
  const told: DeviceLogRow[] = [];
  const batches: Batch[] = [];
  const logs = new DeviceLogs({
    database,
    resources: [],
    onStored: (rows) => void told.push(...rows),
    log: pino({ level: 'silent' }),
    ...options,
  });
  const store = logs.separating((batch) => {
    batches.push(batch);
    return Promise.resolve();
  });
  const send = (...records: readonly ResourceRecord[]): Promise<void> =>
    store({ endpoint: 'dev', receivedAt: 1_000, source: 'send', records });
  return { database, logs, told, batches, store, send, rows: () => rowsOf(database) };
}

async function rowsOf({ reads }: Database): Promise<DeviceLogRow[]> {
  return reads.selectFrom('DeviceLog').selectAll().orderBy('id').execute();
}
