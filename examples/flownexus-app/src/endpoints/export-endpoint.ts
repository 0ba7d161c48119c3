import { once } from 'node:events';
import type { Response } from 'express';
import { listCertificates } from '../certificates/certificate-list.ts';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { itemColumns, toUpdateItem } from '../firmware-updates/update-item.ts';
import { ANSWERED, type Route, route } from '../http/route.ts';
import { endpointParams } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { toSessionDetail } from '../bootstrap/session-items.ts';
import { toLogEntry } from '../logs/log-items.ts';
import { isoTime, toResourceItem } from '../values/resource-item.ts';
import { sensorUnits } from '../values/sensor-units.ts';
import { seriesAfterOf, type SeriesInfo } from '../values/series-list.ts';
import { EARLIEST, LATEST } from '../values/times.ts';
import { type Position, readSeries, withLargeValues } from '../values/value-select.ts';
import { toEndpointItem } from './endpoint-item.ts';

/** `GET /api/v1/endpoints/{name}/export`. */
export function exportEndpointRoute({ database }: { readonly database: Database }): Route {
  return route({
    method: 'get',
    path: '/api/v1/endpoints/{name}/export',
    operationId: 'exportEndpoint',
    summary: 'Everything that is stored of an endpoint',
    description:
      'One JSON object on each line, with what it is as `kind`: `endpoint`, `resource`, `aggregate`, `event`, `operation`, `log`, `firmwareUpdate`, `bootstrapSession`, `certificate`; at the end `{"kind":"end"}`, ' +
      'so that an export that broke off can be told from a whole one. No keys.',
    tag: 'Endpoints',
    access: 'read',
    params: endpointParams,
    answers: {
      200: { description: 'Newline-delimited JSON', contentType: 'application/x-ndjson' },
      404: { description: 'No endpoint of that name is known' },
    },
    handle: async ({ params: { name }, request, response }): Promise<typeof ANSWERED> => {
      const row = await database.reads.selectFrom('Endpoint').selectAll().where('endpoint', '=', name).executeTakeFirst(); // prettier-ignore
      if (row === undefined) {
        throw new ApiError(404, 'unknown-endpoint', `no endpoint named ${JSON.stringify(name)} is known`);
      }
      response.type('application/x-ndjson').set('Content-Disposition', 'attachment; filename="endpoint.ndjson"');
      if (request.method === 'HEAD') {
        response.end();
        return ANSWERED;
      }
      // Whether it is awake at this moment is no data that could be taken elsewhere.
      const endpoint = { ...toEndpointItem(row, undefined), presence: undefined };
      if (!(await write(response, [{ kind: 'endpoint', ...endpoint }]))) return ANSWERED;
      for await (const page of pages(database, name)) if (!(await write(response, page))) return ANSWERED;
      response.end(`${JSON.stringify({ kind: 'end' })}\n`);
      return ANSWERED;
    },
  });
}

async function* pages(database: Database, endpoint: string): AsyncGenerator<readonly object[]> {
  for (let after = 0; ;) {
    const series = await seriesAfterOf(database.longReads, endpoint, after, limits.seriesPerPage);
    const unitsOf = await sensorUnits(database.longReads, series);
    for (const each of series) yield* ofSeries(database, { ...each, units: each.units ?? unitsOf(each) });
    const last = series.at(-1);
    if (last === undefined) break;
    after = last.id;
  }
  yield* events(database, endpoint);
  yield* operations(database, endpoint);
  yield* logs(database, endpoint);
  yield* firmwareUpdates(database, endpoint);
  yield* bootstrapSessions(database, endpoint);
  yield* certificates(database, endpoint);
}

async function* ofSeries({ longReads }: Database, series: SeriesInfo): AsyncGenerator<readonly object[]> {
  const range = { from: EARLIEST, to: LATEST };
  for (let after: Position | undefined; ;) {
    const [rows = []] = await readSeries(longReads, [{ series: series.id, after }], range, true, limits.exportRows);
    // Few at a time: they may be large.
    for (let start = 0; start < rows.length; start += limits.exportLargeRows) {
      const part = await withLargeValues(longReads, rows.slice(start, start + limits.exportLargeRows));
      yield part.map((row) => ({ kind: 'resource', ...toResourceItem(row, series, null) }));
    }
    after = rows.at(-1);
    if (rows.length < limits.exportRows) break;
  }
  for (let after = EARLIEST; ;) {
    const rows = await longReads
      .selectFrom('ResourceAggregate')
      .selectAll()
      .where('series_id', '=', series.id)
      .where('bucket', '>', after)
      .orderBy('resolution')
      .orderBy('bucket')
      .limit(limits.exportRows)
      .execute();
    yield rows.map(({ bucket, count, sum, minimum, maximum }) => ({ kind: 'aggregate', path: series.text, start: isoTime(bucket), count, mean: sum / count, minimum, maximum })); // prettier-ignore
    after = rows.at(-1)?.bucket ?? LATEST;
    if (rows.length < limits.exportRows) return;
  }
}

async function* events({ longReads }: Database, endpoint: string): AsyncGenerator<readonly object[]> {
  for (let after = 0; ;) {
    const rows = await longReads
      .selectFrom('Event')
      .selectAll()
      .where('endpoint', '=', endpoint)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limits.exportRows)
      .execute();
    const ids = rows.map(({ id }) => id);
    const links = ids.length === 0 ? [] : await longReads.selectFrom('EventResource').select(['event_id', 'resource_id']).where('event_id', 'in', ids).execute(); // prettier-ignore
    const resources = Map.groupBy(links, (link) => link.event_id);
    yield rows.map((row) => ({
      kind: 'event',
      id: row.id,
      eventType: row.event_type,
      time: isoTime(row.time),
      timeReceived: isoTime(row.ts_received),
      source: row.source,
      severity: row.severity,
      message: row.message,
      resources: (resources.get(row.id) ?? []).map((link) => link.resource_id),
    }));
    after = rows.at(-1)?.id ?? 0;
    if (rows.length < limits.exportRows) return;
  }
}

async function* operations({ longReads }: Database, endpoint: string): AsyncGenerator<readonly object[]> {
  for (let after = -1; ;) {
    const rows = await longReads
      .selectFrom('EndpointOperation')
      .select(['id', 'sequence', 'operation_type', 'path', 'status', 'transmit_counter', 'timestamp_created', 'updated_at'])
      .select(['response_code', 'failure_reason', 'failure_message'])
      .where('endpoint', '=', endpoint)
      .where('sequence', '>', after)
      .orderBy('sequence')
      .limit(limits.exportRows)
      .execute(); // prettier-ignore
    yield rows.map((row) => ({
      kind: 'operation',
      id: row.id,
      operation: row.operation_type,
      path: row.path,
      status: row.status,
      transmitCounter: row.transmit_counter,
      created: isoTime(row.timestamp_created),
      updated: isoTime(row.updated_at),
      responseCode: row.response_code,
      reason: row.failure_reason,
      message: row.failure_message,
    }));
    after = rows.at(-1)?.sequence ?? 0;
    if (rows.length < limits.exportRows) return;
  }
}

async function* certificates({ longReads }: Database, endpoint: string): AsyncGenerator<readonly object[]> {
  for (let cursor: number | undefined; ;) {
    const { items, next } = await listCertificates(
      longReads,
      { endpoint, cursor, limit: limits.exportRows },
      Date.now(),
    );
    yield items.map((item) => ({ kind: 'certificate', ...item }));
    if (next === undefined) return;
    cursor = next;
  }
}

async function* logs({ longReads }: Database, endpoint: string): AsyncGenerator<readonly object[]> {
  for (let after: { readonly received_at: number; readonly id: number } | undefined; ;) {
    let query = longReads.selectFrom('DeviceLog').selectAll().where('endpoint', '=', endpoint);
    const { received_at: time, id } = after ?? { received_at: EARLIEST, id: 0 };
    query = query.where((where) => where(where.refTuple('received_at', 'id'), '>', where.tuple(time, id)));
    // Few at a time: they may be large.
    const rows = await query.orderBy('received_at').orderBy('id').limit(limits.exportLargeRows).execute();
    yield rows.map((row) => ({ kind: 'log', ...toLogEntry(row) }));
    after = rows.at(-1);
    if (rows.length < limits.exportLargeRows) return;
  }
}

async function* firmwareUpdates({ longReads }: Database, endpoint: string): AsyncGenerator<readonly object[]> {
  for (let after = -1; ;) {
    const rows = await longReads.selectFrom('FirmwareUpdate').select([...itemColumns]).where('endpoint', '=', endpoint).where('position', '>', after).orderBy('position').limit(limits.exportRows).execute(); // prettier-ignore
    yield rows.map((row) => ({ kind: 'firmwareUpdate', ...toUpdateItem(row) }));
    after = rows.at(-1)?.position ?? 0;
    if (rows.length < limits.exportRows) return;
  }
}

async function* bootstrapSessions({ longReads }: Database, endpoint: string): AsyncGenerator<readonly object[]> {
  for (let after = 0; ;) {
    const rows = await longReads
      .selectFrom('BootstrapSession')
      .selectAll()
      .where('endpoint', '=', endpoint)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limits.exportLargeRows)
      .execute();
    yield rows.map((row) => ({ kind: 'bootstrapSession', ...toSessionDetail(row) }));
    after = rows.at(-1)?.id ?? 0;
    if (rows.length < limits.exportLargeRows) return;
  }
}

/** Writes lines no faster than they are read. False when nobody reads them any more. */
async function write(response: Response, lines: readonly object[]): Promise<boolean> {
  if (response.destroyed) return false;
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  if (text === '' || response.write(text)) return true;
  const waiting = new AbortController();
  const { signal } = waiting;
  // Of which one fails when the response breaks off.
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]).finally(() => waiting.abort()); // prettier-ignore
  return !response.destroyed;
}
