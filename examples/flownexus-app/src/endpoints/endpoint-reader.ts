import { type Expression, type ExpressionBuilder, type RawBuilder, type Selectable, sql, type SqlBool } from 'kysely';
import { limits } from '../limits.ts';
import { contains } from '../database/contains.ts';
import type { Database } from '../database/open-database.ts';
import type { EndpointRow, Tables } from '../database/tables.ts';
import { ApiError } from '../http/errors.ts';
import { type EndpointItem, type EndpointPresence, toEndpointItem } from './endpoint-item.ts';

/** What the list can be sorted by, and the columns of it. */
export const sortColumns = {
  name: 'endpoint',
  registered: 'registered',
  firstSeen: 'first_seen',
  lastUpdated: 'last_updated',
  registeredAt: 'registered_at',
  registrations: 'registrations',
  reboots: 'reboots',
  rebootedAt: 'rebooted_at',
  manufacturer: 'manufacturer',
  modelNumber: 'model_number',
  serialNumber: 'serial_number',
  firmwareVersion: 'firmware_version',
} as const satisfies Record<string, keyof EndpointRow>;
export type EndpointSort = keyof typeof sortColumns;

/** Which endpoints; what is absent does not count. */
export interface EndpointFilter {
  /** A part of the name, or of what the Device object says; letters of ASCII of either case. */
  readonly search?: string | undefined;
  readonly registered?: boolean | undefined;
  readonly admission?: EndpointItem['admission'] | undefined;
  readonly security?: EndpointItem['security'] | undefined;
  /** It registered this Object. */
  readonly object?: number | undefined;
  readonly model?: string | undefined;
}

export interface EndpointPageQuery extends EndpointFilter {
  readonly sort: EndpointSort;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface EndpointPage {
  readonly items: readonly EndpointItem[];
  readonly nextCursor: string | null;
}

/** Where a page ends: what its last row is sorted by, and its name. */
interface Position {
  readonly key: string | number;
  readonly name: string;
}

type Builder = ExpressionBuilder<Tables, 'Endpoint'>;

/** Reads table Endpoint. */
export class EndpointReader {
  readonly #database: Database;
  readonly #presence: (name: string) => EndpointPresence | undefined;

  /** `presence` tells of a registered endpoint whether it can be reached now. */
  constructor(database: Database, presence: (name: string) => EndpointPresence | undefined) {
    this.#database = database;
    this.#presence = presence;
  }

  /** One endpoint. Rejects with a 404 when it is not known. */
  async get(name: string): Promise<EndpointItem> {
    const [item] = await this.getAll([name]);
    if (item === undefined) {
      throw new ApiError(404, 'unknown-endpoint', `no endpoint named ${JSON.stringify(name)} is known`);
    }
    return item;
  }

  /** Those of the names that are known, in no order. */
  async getAll(names: readonly string[]): Promise<EndpointItem[]> {
    const [first] = names;
    if (first === undefined) return [];
    // Statements are prepared: not one for each number of names.
    const places = 2 ** Math.ceil(Math.log2(names.length));
    const padded = Array.from({ length: places }, (_, index) => names[index] ?? first);
    const rows = await this.#database.reads
      .selectFrom('Endpoint')
      .selectAll()
      .where('endpoint', 'in', padded)
      .execute();
    return rows.map((row) => this.#item(row));
  }

  /** A page of the list. Rejects with a 400 for a cursor of another list. */
  async page(query: EndpointPageQuery): Promise<EndpointPage> {
    const { sort, order, limit, cursor, ...filter } = query;
    const byName = sort === 'name' && Object.values(filter).every((value) => value === undefined);
    const key = sortKey(sort);
    // By name it is the primary key; everything else goes through all endpoints.
    let select = (byName ? this.#database.reads : this.#database.longReads)
      .selectFrom('Endpoint')
      .selectAll()
      .select(key.as('sort_key'))
      .where((builder) => builder.and(conditions(builder, filter)));
    if (cursor !== undefined) {
      const after = parseCursor(cursor, sort);
      const past = sql.raw(order === 'asc' ? '>' : '<');
      select = select.where(
        sort === 'name'
          ? sql<SqlBool>`endpoint ${past} ${after.name}`
          : sql<SqlBool>`(${key} ${past} ${after.key} OR (${key} = ${after.key} AND endpoint ${past} ${after.name}))`,
      );
    }
    if (sort !== 'name') select = select.orderBy('sort_key', order);
    const rows = await select
      .orderBy('endpoint', order)
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page.map((row) => this.#item(row)),
      nextCursor:
        rows.length > limit && last !== undefined ? formatCursor({ key: last.sort_key, name: last.endpoint }) : null,
    };
  }

  #item(row: Selectable<EndpointRow>): EndpointItem {
    return toEndpointItem(row, row.registered === 1 ? this.#presence(row.endpoint) : undefined);
  }
}

const numbers: ReadonlySet<EndpointSort> = new Set(['registered', 'firstSeen', 'lastUpdated', 'registeredAt', 'registrations', 'reboots', 'rebootedAt']); // prettier-ignore

/** What is not known comes first. Devices choose texts, and a cursor has to be short. */
function sortKey(sort: EndpointSort): RawBuilder<string | number> {
  const column = sql.ref(sortColumns[sort]);
  return numbers.has(sort)
    ? sql<number>`coalesce(${column}, 0)`
    : sql<string>`substr(coalesce(${column}, ''), 1, ${sql.lit(limits.sortKeyLength)})`;
}

/** What is true of the endpoints that a filter is for. */
export function conditions(builder: Builder, filter: EndpointFilter): Expression<SqlBool>[] {
  const { search, registered, admission, security, object, model } = filter;
  const all: Expression<SqlBool>[] = [];
  if (registered !== undefined) all.push(builder('registered', '=', registered ? 1 : 0));
  if (admission !== undefined) all.push(builder('admission', '=', admission));
  if (security !== undefined) all.push(builder('security', '=', security));
  if (model !== undefined) all.push(builder('model_number', '=', model));
  if (object !== undefined) {
    // A list of paths in JSON: the one of the Object itself, or one below it.
    const path = `"/${String(object)}`;
    all.push(
      builder.or([contains(sql.ref('object_links'), `${path}"`), contains(sql.ref('object_links'), `${path}/`)]),
    );
  }
  if (search !== undefined) {
    const columns = ['endpoint', 'manufacturer', 'model_number', 'serial_number', 'firmware_version', 'address'];
    all.push(builder.or(columns.map((column) => contains(sql.ref(column), search))));
  }
  return all;
}

function formatCursor({ key, name }: Position): string {
  return Buffer.from(JSON.stringify([key, name])).toString('base64url');
}

function parseCursor(text: string, sort: EndpointSort): Position {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    const [key, name] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
    if (typeof name === 'string' && !name.includes('\0')) {
      if (numbers.has(sort) ? Number.isSafeInteger(key) : typeof key === 'string' && !key.includes('\0')) {
        return { key: key as string | number, name };
      }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ApiError(400, 'bad-query', 'query.cursor: expected nextCursor of a page with the same sort', [
    { path: 'query.cursor', message: 'expected nextCursor of a page with the same sort' },
  ]);
}
