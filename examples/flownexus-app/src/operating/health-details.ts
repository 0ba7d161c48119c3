import { statfs } from 'node:fs/promises';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { type Route, route } from '../http/route.ts';
import { isoTimestamp } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import type { FleetStatistics } from '../statistics/fleet-statistics.ts';
import { within } from '../within.ts';
import { lastBackup } from './backup/last-backup.ts';
import type { DatabaseWatch } from './database-watch.ts';

const count = z.int().min(0);
const milliseconds = z.number().min(0);

const detailsSchema = z
  .object({
    status: z.enum(['pass', 'fail']).meta({ description: 'As the public health says' }),
    version: z.string(),
    uptimeSeconds: z.number().min(0),
    database: z.object({
      kind: z.enum(['sqlite', 'postgres']),
      sizeBytes: count.nullable().meta({ description: 'With its indexes; null while it is away' }),
      latencyMs: milliseconds.nullable().meta({ description: 'How long it took to answer; null while it is away' }),
      awaySince: isoTimestamp.nullable().meta({ description: 'Since when it has not answered' }),
    }),
    disk: z
      .object({ freeBytes: count, totalBytes: count })
      .nullable()
      .meta({ description: 'Of the data directory; null where it can not be told' }),
    listening: z.array(z.string()).readonly().meta({ description: 'Addresses for devices: `coap://…`' }),
    queue: z
      .object({ unfinished: count, waiting: count })
      .meta({ description: 'Operations of the durable queue, and requests that wait for a device' }),
    commits: z.object({
      waiting: count.meta({ description: 'What waits to be stored' }),
      lastMs: milliseconds.meta({ description: 'How long the last commit took' }),
    }),
    lastBackup: z
      .object({ time: isoTimestamp, bytes: count })
      .nullable()
      .meta({ description: 'The last one that was made of this data directory; null: none' }),
  })
  .meta({ id: 'HealthDetails' });

export interface HealthDetailsOptions {
  readonly version: string;
  readonly dataDirectory: string;
  readonly database: Database;
  readonly watch: Pick<DatabaseWatch, 'look'>;
  readonly statistics: Pick<FleetStatistics, 'snapshot'>;
  readonly queue: () => { readonly queued: number; readonly waiting: number };
  /** Where the servers for devices listen. */
  readonly listening: () => readonly string[];
}

/** `GET /api/v1/health/details`: what an operator looks at first. It answers while the database is away, too. */
export function healthDetailsRoute(options: HealthDetailsOptions): Route {
  return route({
    method: 'get',
    path: '/api/v1/health/details',
    operationId: 'getHealthDetails',
    summary: 'How the app is doing: database, disk, ports, queue and backup',
    tag: 'Operating',
    access: 'read',
    answers: { 200: { description: 'It answers 200 also when something is wrong', schema: detailsSchema } },
    handle: async () => ({ body: await details(options) }),
  });
}

async function details({
  version,
  dataDirectory,
  database,
  watch,
  statistics,
  queue,
  listening,
}: HealthDetailsOptions): Promise<z.infer<typeof detailsSchema>> {
  const [state, disk, backup] = await Promise.all([watch.look(), diskOf(dataDirectory), lastBackup(dataDirectory)]);
  const { queued, waiting } = queue();
  const { waiting: lanes, lastMs } = database.commits.statistics;
  return {
    status: state.up ? 'pass' : 'fail',
    version,
    uptimeSeconds: Math.round(process.uptime()),
    database: {
      kind: database.kind,
      sizeBytes: state.up ? await sizeOf(statistics) : null,
      latencyMs: state.latencyMs ?? null,
      awaySince: state.awaySince === undefined ? null : new Date(state.awaySince).toISOString(),
    },
    disk,
    listening: listening(),
    queue: { unfinished: queued, waiting },
    commits: { waiting: Object.values(lanes).reduce((sum, each) => sum + each, 0), lastMs },
    lastBackup: backup === undefined ? null : { time: new Date(backup.time).toISOString(), bytes: backup.bytes },
  };
}

/** Null when the database went away meanwhile, or takes too long. */
async function sizeOf(statistics: Pick<FleetStatistics, 'snapshot'>): Promise<number | null> {
  try {
    return (await within(statistics.snapshot(), limits.metricsQueryMs)).database.sizeBytes;
  } catch {
    return null;
  }
}

async function diskOf(directory: string): Promise<{ freeBytes: number; totalBytes: number } | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    // Some systems can not tell.
    return null;
  }
}
