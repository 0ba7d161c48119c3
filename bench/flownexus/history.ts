import { ObjectRegistry, parsePath } from '@flownexus/lwm2m-core';
import type { DatabaseKind } from '../../examples/flownexus-app/src/database/dialect.ts';
import { type Database, openDatabase } from '../../examples/flownexus-app/src/database/open-database.ts';
import { readAggregates } from '../../examples/flownexus-app/src/values/aggregates.ts';
import { Ingest } from '../../examples/flownexus-app/src/values/ingest.ts';
import { seriesBelow } from '../../examples/flownexus-app/src/values/series-list.ts';
import { ValueReader } from '../../examples/flownexus-app/src/values/value-reader.ts';
import { fillSeries } from '../../examples/flownexus-app/test/support/fill-series.ts';
import { Latencies } from './latencies.ts';
import { place } from './place.ts';

export interface HistorySize {
  readonly endpoints: number;
  /** Each endpoint has a value for each minute of so many days. */
  readonly days: number;
  /** How often each query is made, of one endpoint after another. */
  readonly queries: number;
}

export interface HistoryResult {
  readonly kind: DatabaseKind;
  readonly rows: number;
  readonly fillSeconds: number;
  /** By the name of the query: milliseconds. */
  readonly queries: readonly { readonly name: string; readonly p50Ms: number; readonly p99Ms: number }[];
}

const DAY_MS = 86_400_000;
const BEGIN = Date.UTC(2025, 0, 1);
const PATH = parsePath('/3303/0/5700');

/** A history of values, a minute apart, and what it takes to read a day, a year and what is latest. Undefined where the database is not installed. */
export async function measureHistory(kind: DatabaseKind, size: HistorySize): Promise<HistoryResult | undefined> {
  const at = place(kind);
  if (at === undefined) return undefined;
  const fail = (error: Error): never => {
    throw error;
  };
  const database = await openDatabase({ ...at, onFatal: fail, onLost: fail });
  try {
    const start = performance.now();
    await fill(database, size);
    const fillSeconds = (performance.now() - start) / 1000;
    const queries = [];
    for (const [name, query] of Object.entries(queriesOf(database, size))) {
      const latencies = new Latencies();
      for (let index = 0; index < size.queries; index += 1) {
        const before = performance.now();
        await query(nameOf(index % size.endpoints));
        latencies.add(performance.now() - before);
      }
      queries.push({ name, p50Ms: latencies.percentile(50), p99Ms: latencies.percentile(99) });
    }
    return { kind, rows: size.endpoints * size.days * 1440, fillSeconds, queries };
  } finally {
    await database.close();
    at.remove();
  }
}

function nameOf(index: number): string {
  return `urn:imei:${String(100_000_000_000_000 + index)}`;
}

/** The first value of each endpoint comes the way of all values; the others are made in the database. */
async function fill(database: Database, { endpoints, days }: HistorySize): Promise<void> {
  const hooks = { eventsOf: () => [], onEvents: () => Promise.resolve() };
  const definitions = await ObjectRegistry.bundled();
  const ingest = await Ingest.open({ database, definitions, hooks, onStored: () => undefined });
  database.commits.open();
  for (let index = 0; index < endpoints; index += 1) {
    const record = { path: PATH, type: 'float', value: 20, time: BEGIN / 1000 - 60 } as const;
    await ingest.submit({ endpoint: nameOf(index), receivedAt: BEGIN, source: 'observe', records: [record] });
  }
  const series = await database.reads.selectFrom('Series').select('id').orderBy('id').execute();
  for (const { id } of series) await fillSeries(database.db, { id, begin: BEGIN, minutes: days * 1440 });
}

function queriesOf(database: Database, { days }: HistorySize): Record<string, (endpoint: string) => Promise<unknown>> {
  const values = new ValueReader(database.longReads);
  const day = BEGIN + Math.floor(days / 2) * DAY_MS;
  const all = { path: PATH, limit: 10_000, order: 'asc', cursor: undefined } as const;
  const aggregates = async (endpoint: string, bucket: 'hour' | 'day'): Promise<unknown> => {
    const series = await seriesBelow(database.longReads, endpoint, PATH, 1);
    const range = { from: BEGIN, to: BEGIN + days * DAY_MS, limit: 10_000, cursor: undefined };
    return readAggregates(database.longReads, series, { ...range, bucket, offsetHours: 0 });
  };
  return {
    'the latest value': (endpoint) => values.latest(endpoint, { path: PATH, limit: 1, after: 0 }),
    'a day of values (1440)': (endpoint) => values.page(endpoint, { ...all, from: day, to: day + DAY_MS - 1 }),
    'the first 10 000 values': (endpoint) => values.page(endpoint, { ...all, from: BEGIN, to: BEGIN + days * DAY_MS }),
    'all of it by days': (endpoint) => aggregates(endpoint, 'day'),
    'all of it by hours': (endpoint) => aggregates(endpoint, 'hour'),
  };
}
