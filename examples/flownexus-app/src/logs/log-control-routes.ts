import {
  LOG_LEVELS,
  logIncrementsRequest,
  type LogIntake,
  type LogRequest,
  logStartRequests,
  logStatusRequest,
  logStopRequest,
  Lwm2mServerError,
  type OperationQueue,
  parseLogStatus,
} from '@flownexus/lwm2m-server';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { lwm2mPath } from '../http/lwm2m-path.ts';
import { type Call, type Reply, type Route, route } from '../http/route.ts';
import { endpointParams } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import {
  isFinished,
  type OperationDetail,
  operationDetailSchema,
  toOperationDetail,
} from '../operations/operation-item.ts';
import { metadataOf } from '../operations/operation-metadata.ts';
import { OperationReader } from '../operations/operation-reader.ts';
import { operationWait, OperationWaits } from '../operations/operation-waits.ts';
import { callingQueue } from '../operations/queue-errors.ts';
import { checkKnown } from '../operations/select-endpoints.ts';
import { fromOperationRow, type OperationRow } from '../stores/operation-rows.ts';

const TAG = 'Logs';
const LOGS = '/api/v1/endpoints/{name}/logs';
/** What LwM2M has for such a number. */
const UINT32 = 4_294_967_295;

const log = lwm2mPath(2).meta({ description: 'The Object Instance of the log: `/20/0`, `/10259/0`', override: { type: 'string' } }); // prettier-ignore
const ttl = z.int().min(1).max(limits.operationTtlSeconds).exactOptional().meta({ description: 'Seconds after which it is given up when it is not confirmed; default: never' }); // prettier-ignore
const query = z.strictObject({ wait: operationWait });

const startBody = z
  .strictObject({
    log,
    append: z.boolean().exactOptional().meta({ description: 'Event Log: what is there already stays; default: it is emptied' }), // prettier-ignore
    stopAfterSeconds: z.int().min(0).max(UINT32).exactOptional().meta({ description: 'Event Log: the device stops by itself then' }), // prettier-ignore
    logClass: z
      .int()
      .min(0)
      .max(255)
      .exactOptional()
      .meta({ description: 'Event Log: LogClass (4010), written first' }),
    dataFormat: z.int().min(0).max(255).exactOptional().meta({ description: 'Event Log: LogDataFormat (4015), written first' }), // prettier-ignore
    level: z
      .enum(LOG_LEVELS)
      .exactOptional()
      .meta({ description: 'System Log: the least bad entries that are captured' }),
    ttl,
  })
  .meta({ id: 'LogStart' });
const stopBody = z
  .strictObject({ log, clear: z.boolean().exactOptional().meta({ description: 'Event Log: what is there is thrown away' }), ttl })
  .meta({ id: 'LogStop' }); // prettier-ignore
const readBody = z
  .strictObject({
    log: lwm2mPath(2).meta({ description: 'The Object Instance of a log, or a Resource that is one: `/20/0`, `/26241/0/1`', override: { type: 'string' } }), // prettier-ignore
    sinceLast: z.boolean().exactOptional().meta({ description: 'System Log: only what came since it was read last' }),
    ttl,
  })
  .meta({ id: 'LogRead' });
const incrementsBody = z
  .strictObject({
    log,
    everySeconds: z.int().min(0).max(UINT32).meta({ description: 'Not more often than every so many seconds; 0 ends it' }), // prettier-ignore
    ttl,
  })
  .meta({ id: 'LogIncrements' });

const operations = z.object({ operations: z.array(operationDetailSchema).readonly() }).meta({ id: 'LogOperations' });
const statusAnswer = z
  .object({
    status: z
      .object({
        running: z.boolean(),
        hasData: z.boolean().nullable().meta({ description: 'Null here and below: this log does not tell' }),
        failed: z.boolean().nullable(),
        incremental: z.boolean().nullable().meta({ description: 'Whether the device sends increments' }),
      })
      .nullable()
      .meta({ description: 'Null: the device has not answered yet, or refused' }),
    operation: operationDetailSchema,
  })
  .meta({ id: 'LogStatus' });
const queued = {
  200: { description: 'They are finished', schema: operations },
  202: { description: 'They are queued, and not finished yet', schema: operations },
  404: { description: 'No endpoint of that name is known' },
  409: { description: 'As many operations are queued as may be' },
  429: { description: 'Too many requests wait' },
};

export interface LogControlRoutesOptions {
  readonly database: Database;
  /** `operations` of the LwM2M server. */
  readonly queue: OperationQueue;
  readonly intake: Pick<LogIntake, 'readRequest'>;
  /** Aborted when the app begins to stop: nobody waits any longer. */
  readonly stopping?: AbortSignal | undefined;
}

/** `/api/v1/endpoints/{name}/logs/…`: has a device log, and hand over what it logged. All of it goes through the queue of operations. */
export function logControlRoutes({ database, queue, intake, stopping }: LogControlRoutesOptions): Route[] {
  const reader = new OperationReader(database);
  const waits = new OperationWaits(queue, { stopping });

  /** Queues what is asked for, and waits as long as is wanted; gives the rows of the operations. */
  const perform = async (
    {
      params: { name },
      query: { wait },
      principal,
      response,
    }: Pick<Call<{ name: string }, { wait: number }, never>, 'params' | 'query' | 'principal' | 'response'>,
    requests: () => readonly LogRequest[],
    seconds: number | undefined,
  ): Promise<OperationRow[]> => {
    await checkKnown(database, name);
    const wanted = readingRequest(requests);
    waits.check(wait);
    const ids: string[] = [];
    for (const { operation, key } of wanted) {
      const options = {
        key,
        repeatable: true,
        metadata: metadataOf(principal),
        ...(seconds === undefined ? {} : { timeToLiveMs: seconds * 1000 }),
      };
      ids.push((await callingQueue(() => queue.add(name, operation, options))).id);
    }
    // They are sent one after another.
    const last = ids.at(-1);
    if (last !== undefined) await waits.wait(last, wait, response);
    return Promise.all(ids.map((id) => reader.get(id)));
  };
  const post = <B extends z.ZodObject>(
    action: string,
    spec: { readonly operationId: string; readonly summary: string; readonly description?: string; readonly body: B },
    requests: (body: z.output<B>) => readonly LogRequest[],
  ): Route =>
    route({
      method: 'post',
      path: `${LOGS}/${action}`,
      ...spec,
      tag: TAG,
      access: 'operate',
      params: endpointParams,
      query,
      answers: queued,
      handle: async (call): Promise<Reply> => {
        const rows = await perform(call, () => requests(call.body), (call.body as { ttl?: number }).ttl);
        const found = rows.map(toOperationDetail);
        return {
          status: statusOf(found),
          body: { operations: found },
          audit: { operations: found.map(({ id }) => id) },
        };
      },
    });

  return [
    post(
      'start',
      {
        operationId: 'startLog',
        summary: 'Has a device log: the Event Log (20) or the System Log (10259)',
        description: 'LogClass and LogDataFormat are an operation of their own, before the start, and the log starts also when the device refuses them.', // prettier-ignore
        body: startBody,
      },
      ({ log: path, ...options }) => logStartRequests(path, options),
    ),
    post(
      'stop',
      { operationId: 'stopLog', summary: 'Has a device stop logging', body: stopBody },
      ({ log: path, ...options }) => [logStopRequest(path, options)],
    ),
    post(
      'read',
      {
        operationId: 'readLog',
        summary: 'Reads what a log of a device holds',
        description: 'What is read is in the list of log entries when the operation is CONFIRMED.',
        body: readBody,
      },
      ({ log: path, ...options }) => [intake.readRequest(path, options)],
    ),
    post(
      'increments',
      {
        operationId: 'setLogIncrements',
        summary: 'Has a device send by itself what it logs (Event Log from version 2.1 on)',
        body: incrementsBody,
      },
      ({ log: path, everySeconds }) => [logIncrementsRequest(path, everySeconds)],
    ),
    route({
      method: 'get',
      path: `${LOGS}/status`,
      operationId: 'getLogStatus',
      summary: 'Asks a device what a log is doing',
      tag: TAG,
      // It has the device do something.
      access: 'operate',
      params: endpointParams,
      query: query.extend({ log }),
      answers: {
        ...queued,
        200: { description: 'The device has answered, or the operation has failed', schema: statusAnswer },
        202: { description: 'It is queued, and not finished yet', schema: statusAnswer },
      },
      handle: async (call) => {
        const [row] = await perform(call, () => [logStatusRequest(call.query.log)], undefined);
        if (row === undefined) throw new Error('nothing was queued');
        const operation = toOperationDetail(row);
        return { status: statusOf([operation]), body: { status: statusIn(row), operation } };
      },
    }),
  ];
}

function statusOf(found: readonly OperationDetail[]): number {
  return found.every(isFinished) ? 200 : 202;
}

/** Null while there is none, and where the device has not told it. */
function statusIn(row: OperationRow): z.output<typeof statusAnswer>['status'] {
  try {
    const { running, hasData, failed, incremental } = parseLogStatus(fromOperationRow(row));
    return { running, hasData: hasData ?? null, failed: failed ?? null, incremental: incremental ?? null };
  } catch (error) {
    // The operation says why.
    if (error instanceof Lwm2mServerError) return null;
    throw error;
  }
}

/** What a log can not be asked is the mistake of who asks. */
function readingRequest(requests: () => readonly LogRequest[]): readonly LogRequest[] {
  try {
    return requests();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new ApiError(400, 'bad-request', error.message, [{ path: 'log', message: error.message }]);
  }
}
