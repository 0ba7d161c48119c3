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
  return pool;
}

function parseInteger(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}
