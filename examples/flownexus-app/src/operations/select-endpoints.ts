import { type SelectQueryBuilder, sql, type SqlBool } from 'kysely';
import type { Database } from '../database/open-database.ts';
import { inPages, PAGE_SIZE } from '../database/pages.ts';
import type { Tables } from '../database/tables.ts';
import { ApiError } from '../http/errors.ts';
import { conditions } from '../endpoints/endpoint-reader.ts';
import type { EndpointSelection } from './operation-body.ts';

/** Which of the names are of endpoints that are known, and that all else that a selection says is true of. */
export async function knownEndpoints(
  { reads }: Database,
  names: readonly string[],
  selection: EndpointSelection,
): Promise<Set<string>> {
  // prettier-ignore
  const known = new Set<string>();
  for (let from = 0; from < names.length; from += PAGE_SIZE) {
    const page = names.slice(from, from + PAGE_SIZE);
    const rows = await selected(reads, selection).where('endpoint', 'in', page).execute();
    for (const { endpoint } of rows) known.add(endpoint);
  }
  return known;
}

/** Rejects with a 404 when no endpoint of that name is known. */
export async function checkKnown(database: Database, name: string): Promise<void> {
  if ((await knownEndpoints(database, [name], {})).has(name)) return;
  throw new ApiError(404, 'unknown-endpoint', `no endpoint named ${JSON.stringify(name)} is known`);
}

/** The names of the endpoints that a selection without names is of, in their order; at most `limit`. Those that are held or refused are none of them. */
export async function selectEndpoints(
  { longReads }: Database,
  selection: EndpointSelection,
  limit: number,
): Promise<string[]> {
  // prettier-ignore
  const names: string[] = [];
  const page = (last?: { readonly endpoint: string }): Promise<{ endpoint: string }[]> => {
    let query = selected(longReads, selection).where('admission', '=', 'accepted');
    if (last !== undefined) query = query.where('endpoint', '>', last.endpoint);
    return query.orderBy('endpoint').limit(PAGE_SIZE).execute();
  };
  for await (const rows of inPages(page)) {
    for (const { endpoint } of rows) names.push(endpoint);
    if (names.length >= limit) break;
  }
  return names.slice(0, limit);
}

function selected(
  db: Database['reads'],
  { prefix, registered, object }: EndpointSelection,
): SelectQueryBuilder<Tables, 'Endpoint', { endpoint: string }> {
  // prettier-ignore
  const query = db
    .selectFrom('Endpoint')
    .select('endpoint')
    .where((builder) => builder.and(conditions(builder, { registered, object })));
  if (prefix === undefined) return query;
  // The first comparison is for the index.
  return query
    .where('endpoint', '>=', prefix)
    .where(sql<SqlBool>`substr(endpoint, 1, ${Array.from(prefix).length}) = ${prefix}`);
}
