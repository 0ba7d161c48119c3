import { formatPath, pathLevel, pathStartsWith, type Path, parsePath } from '@flownexus/lwm2m-core';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { RetentionPolicyRow } from '../database/tables.ts';
import { endpointName, queryPath } from '../http/schemas.ts';
import { HOUR_MS } from '../values/times.ts';

const SECOND = 1000;
/** A thousand years. */
const LONGEST = 31_536_000_000;

const seconds = z.int().min(60).max(LONGEST);

/** What is kept of the values at or below a path, and how long. Times are seconds. */
export const retentionPolicyBody = z
  .strictObject({
    path: queryPath.default(() => parsePath('/')).meta({ description: 'An Object, Object Instance, Resource or Resource Instance; `/`, the default, is everything' }), // prettier-ignore
    endpoint: endpointName.nullable().default(null).meta({ description: 'Null, the default: all endpoints' }),
    keepValues: seconds.nullable().default(null).meta({ description: 'Values that were measured and received more than so many seconds ago are deleted, by a job that looks every ten minutes; null: none for their age' }), // prettier-ignore
    thinAfter: seconds.nullable().default(null).meta({ description: 'Of values older than so many seconds one is kept in each `thinTo`: the latest of it' }), // prettier-ignore
    thinTo: seconds.nullable().default(null).meta({ description: 'Seconds; given with `thinAfter`' }),
    keepAggregates: seconds.nullable().default(null).meta({ description: 'Aggregates older than so many seconds are deleted; null: none' }), // prettier-ignore
  })
  .refine(({ thinAfter, thinTo }) => (thinAfter === null) === (thinTo === null), {
    path: ['thinTo'],
    message: 'thinAfter and thinTo are given together',
  })
  .meta({ id: 'RetentionPolicyBody' });
export type RetentionPolicyBody = z.output<typeof retentionPolicyBody>;

export const retentionPolicySchema = z
  .object({
    id: z.int(),
    path: z.string(),
    endpoint: z.string().nullable(),
    keepValues: z.int().nullable(),
    thinAfter: z.int().nullable(),
    thinTo: z.int().nullable(),
    keepAggregates: z.int().nullable(),
  })
  .meta({ id: 'RetentionPolicy' });
export type RetentionPolicyItem = z.infer<typeof retentionPolicySchema>;

type Row = Selectable<RetentionPolicyRow>;

export function toPolicyItem(row: Row): RetentionPolicyItem {
  const inSeconds = (ms: number | null): number | null => (ms === null ? null : ms / SECOND);
  return {
    id: row.id,
    path: row.path,
    endpoint: row.endpoint,
    keepValues: inSeconds(row.raw_ms),
    thinAfter: inSeconds(row.thin_after_ms),
    thinTo: inSeconds(row.thin_interval_ms),
    keepAggregates: inSeconds(row.aggregate_ms),
  };
}

export function toPolicyRow(body: RetentionPolicyBody): Omit<Row, 'id'> {
  const inMs = (time: number | null): number | null => (time === null ? null : time * SECOND);
  return {
    path: formatPath(body.path),
    endpoint: body.endpoint,
    raw_ms: inMs(body.keepValues),
    thin_after_ms: inMs(body.thinAfter),
    thin_interval_ms: inMs(body.thinTo),
    aggregate_ms: inMs(body.keepAggregates),
  };
}

/** What one series is subject to, at a time: milliseconds since 1970; undefined where nothing goes. */
export interface Cutoffs {
  /** Values before it go. */
  readonly values: number | undefined;
  /** Of values before it one is kept in each interval, which is in milliseconds. */
  readonly thin: { readonly before: number; readonly interval: number } | undefined;
  /** Aggregates of hours that begin before it go. */
  readonly aggregates: number | undefined;
}

/** The policies, the most specific first: one of the endpoint goes before one of all endpoints, then the longer path, then the newer one. */
export class RetentionPolicies {
  readonly #policies: readonly { readonly row: Row; readonly path: Path }[];

  constructor(rows: readonly Row[]) {
    this.#policies = rows
      .map((row) => ({ row, path: parsePath(row.path) }))
      .sort((a, b) => rank(b.row.endpoint) - rank(a.row.endpoint) || pathLevel(b.path) - pathLevel(a.path) || b.row.id - a.row.id); // prettier-ignore
  }

  /** What the most specific policy says of a series; undefined when none is for it. */
  cutoffs(endpoint: string, path: Path, now: number): Cutoffs | undefined {
    const found = this.#policies.find(
      ({ row, path: base }) => (row.endpoint === null || row.endpoint === endpoint) && pathStartsWith(path, base),
    )?.row;
    if (found === undefined) return undefined;
    const { raw_ms, thin_after_ms, thin_interval_ms, aggregate_ms } = found;
    return {
      values: raw_ms === null ? undefined : now - raw_ms,
      thin: thin_after_ms === null || thin_interval_ms === null ? undefined : { before: now - thin_after_ms, interval: thin_interval_ms }, // prettier-ignore
      // An hour is over before what was measured in it is old enough.
      aggregates: aggregate_ms === null ? undefined : now - aggregate_ms - HOUR_MS,
    };
  }
}

function rank(endpoint: string | null): number {
  return endpoint === null ? 0 : 1;
}
