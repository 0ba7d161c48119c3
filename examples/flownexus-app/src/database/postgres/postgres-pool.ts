import pg, { TypeOverrides } from 'pg';

export interface PostgresPoolOptions {
  readonly url: string;
  readonly connections: number;
  /** A statement that takes longer is ended, in milliseconds. */
  readonly statementTimeoutMs: number;
  /** How long a query waits for a connection, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** A connection that nobody uses was lost. The next query opens another. */
  readonly onLost: (error: Error) => void;
}

const types = new TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, parseInteger);

/** A pool whose 64-bit integers come as numbers, and as decimal text where a number would not be exact. */
export function postgresPool(options: PostgresPoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // A server that does not answer at all can not end its statements either.
    query_timeout: options.statementTimeoutMs + options.connectTimeoutMs,
    keepAlive: true,
    application_name: 'flownexus',
    types,
  });
  pool.on('error', options.onLost);
  pool.on('connect', (client) => {
    // The pool listens to those alone that nobody uses. Who uses one that is lost hears of it by its query.
    client.on('error', () => undefined);
    endWhenSilent(client);
  });
  return pool;
}

/** What the driver says of a query that took longer than `query_timeout`. */
const QUERY_TIMEOUT = 'Query read timeout';

/** Ends a connection that has left a query without an answer: there may be nobody at its other end any more, and what comes next would wait as long. */
function endWhenSilent(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
  const watched = (...parameters: unknown[]): unknown => {
    const result = query(...parameters);
    if (result instanceof Promise) {
      result.catch((error: unknown) => {
        const isSilent = error instanceof Error && error.message === QUERY_TIMEOUT;
        if (isSilent && client instanceof pg.Client) void client.end();
      });
    }
    return result;
  };
  client.query = watched as typeof client.query;
}

function parseInteger(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}
