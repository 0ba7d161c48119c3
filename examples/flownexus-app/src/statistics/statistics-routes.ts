import { z } from 'zod';
import type { Route } from '../http/route.ts';
import { route } from '../http/route.ts';
import { isoTimestamp } from '../http/schemas.ts';
import type { FleetStatistics } from './fleet-statistics.ts';

const count = z.int().min(0);

const statisticsSchema = z
  .object({
    time: isoTimestamp.meta({ description: 'When it was counted' }),
    endpoints: z.object({
      total: count.meta({ description: 'All that are known' }),
      registered: count,
      awake: count.meta({ description: 'Of the registered ones, those that can be reached now' }),
      asleep: count,
      held: count.meta({ description: 'Those that wait for approval' }),
      refused: count,
    }),
    lastMinute: z
      .object({ messages: count, values: count, events: count })
      .meta({ description: 'What was stored in the last minute' }),
    refusedValues: count.meta({
      description:
        'Values since the start that were not stored, as their endpoints have values of as many Resources as they may',
    }),
    operations: z
      .object({ queued: count, sending: count, confirmed: count, failed: count })
      .meta({ description: 'Operations on devices by their state, as far as they are kept' }),
    database: z.object({
      kind: z.enum(['sqlite', 'postgres']),
      sizeBytes: count.meta({ description: 'With its indexes' }),
    }),
    lwm2m: z
      .looseObject({
        uptimeMs: z.number(),
        registers: count,
        updates: count,
        deregisters: count,
        expiries: count,
        refusals: count,
        sends: count,
        notifications: count,
        observations: count,
        timeouts: count,
      })
      .meta({ description: 'What the LwM2M server has counted since it was started, and what it holds' }),
  })
  .meta({ id: 'Statistics' });

/** `GET /api/v1/statistics`. */
export function statisticsRoutes({ statistics }: { readonly statistics: FleetStatistics }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/statistics',
      operationId: 'getStatistics',
      summary: 'Numbers about all endpoints, the queue and the database',
      tag: 'Statistics',
      access: 'read',
      answers: { 200: { description: 'They', schema: statisticsSchema } },
      handle: async () => ({ body: await statistics.snapshot() }),
    }),
  ];
}
