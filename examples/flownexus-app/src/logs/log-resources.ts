import type { LogIntake } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import type { LogResourceRow } from '../database/log-tables.ts';
import { type Route, route } from '../http/route.ts';
import { limits } from '../limits.ts';
import { hasSecrets } from '../operations/secret-objects.ts';
import { Serial } from '../serial.ts';

const PATH = 'expected a Resource such as /26241/0/1 or /26241/*/1, with ids up to 65534';

const path = z
  .string()
  .max(limits.pathLength)
  .refine(isResource, { message: PATH, abort: true })
  .refine((value) => !hasSecrets(value.replace('*', '0')), 'keys are no log')
  .meta({ description: '`/26241/0/1`; an asterisk in place of the Object Instance stands for every one' });
const item = z
  .strictObject({
    path,
    format: z
      .enum(['auto', 'text', 'bytes'])
      .default('auto')
      .meta({ description: '`text`: lines of UTF-8; `bytes`: one entry as it is; `auto`: text where it is some' }),
  })
  .meta({ id: 'LogResource' });
const body = z
  .strictObject({
    items: z
      .array(item)
      .max(limits.logResources)
      .refine((items) => new Set(items.map((each) => each.path)).size === items.length, 'expected each path once'),
  })
  .meta({ id: 'LogResources' });

/** The Resources that are marked as logs, in their order. */
export function markedResources({ reads }: Database): Promise<LogResourceRow[]> {
  return reads.selectFrom('LogResource').selectAll().orderBy('path').execute();
}

export interface LogResourceRoutesOptions {
  readonly database: Database;
  readonly intake: Pick<LogIntake, 'setResources'>;
}

/** `/api/v1/log-resources`: which Resources are logs. */
export function logResourceRoutes({ database, intake }: LogResourceRoutesOptions): Route[] {
  const serial = new Serial();
  const common = { path: '/api/v1/log-resources', tag: 'Logs' } as const;
  const description =
    'They are beside those that are known to be logs: the LogData of the Event Log (20/x/4014 and 20/x/4016), and of the System Log (10259/x/1 and 10259/x/2). Text and ' +
    'bytes of such a Resource become log entries, and are no values any more that rules and history know of; what was stored before stays.';
  return [
    route({
      ...common,
      method: 'get',
      operationId: 'getLogResources',
      summary: 'The Resources that are marked as logs',
      description,
      access: 'read',
      answers: { 200: { description: 'All, by their paths', schema: body } },
      handle: async () => ({ body: { items: await markedResources(database) } }),
    }),
    route({
      ...common,
      method: 'put',
      operationId: 'setLogResources',
      summary: 'Sets the Resources that are marked as logs, at once',
      description,
      access: 'operate',
      body,
      answers: { 200: { description: 'All, by their paths', schema: body } },
      handle: ({ body: { items } }) =>
        // One after another, so that what is in force is what was stored last.
        serial.run(async () => {
          await database.db.transaction().execute(async (trx) => {
            await trx.deleteFrom('LogResource').execute();
            if (items.length > 0) await trx.insertInto('LogResource').values(items).execute();
          });
          intake.setResources(items);
          return { body: { items: await markedResources(database) }, audit: { items } };
        }),
    }),
  ];
}

function isResource(text: string): boolean {
  const [, ...ids] = /^\/(0|[1-9]\d{0,4})\/(\*|0|[1-9]\d{0,4})\/(0|[1-9]\d{0,4})$/.exec(text) ?? [];
  return ids.length > 0 && ids.every((id) => id === '*' || Number(id) < 65_535);
}
