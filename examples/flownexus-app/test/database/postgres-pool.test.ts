import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { isUnavailable } from '../../src/database/faults.ts';
import { postgresPool } from '../../src/database/postgres/postgres-pool.ts';
import { databasePlace } from '../support/test-database.ts';

interface Tables {
  thing: { name: string };
}

/** Passes on what clients and the server say, until it is told not to. */
async function relayTo(url: string) {
  const at = new URL(url.replace('postgres@/', 'postgres@localhost/'));
  const path = join(at.searchParams.get('host') ?? '', '.s.PGSQL.5432');
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(path);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      // prettier-ignore
      from.pipe(to);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      sockets.add(from);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  /** Holds back what present connections say; new ones are not affected. */
  const hold = (): void => {
    for (const socket of sockets) socket.pause();
  };
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  /** Resolves when what was cut is closed at both ends. */
  const closed = () => vi.waitFor(() => expect(sockets.size).toBe(0));
  const { port } = server.address() as AddressInfo;
  return { url: `postgres://postgres@127.0.0.1:${String(port)}${at.pathname}`, hold, cut, closed };
}

function open(url: string) {
  const pool = postgresPool({ url, connections: 1, statementTimeoutMs: 100, connectTimeoutMs: 200, onLost: () => undefined }); // prettier-ignore
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  onTestFinished(() => db.destroy());
  return db;
}

const here = test.skipIf('missing' in inject('postgres'));

here('after a connection was lost in a transaction the next query has another one', async () => {
  const { url = '' } = await databasePlace('postgres');
  const relay = await relayTo(url);
  const db = open(relay.url);
  await sql`CREATE TABLE thing (name text)`.execute(db);
  const broken = db.transaction().execute(async (trx) => {
    await trx.insertInto('thing').values({ name: 'half' }).execute();
    relay.cut();
    await relay.closed();
    await trx.insertInto('thing').values({ name: 'other half' }).execute();
  });
  const error: unknown = await broken.catch((reason: unknown) => reason);
  expect(isUnavailable(error)).toBe(true);
  await db.insertInto('thing').values({ name: 'whole' }).execute();
  expect(await db.selectFrom('thing').select('name').execute()).toEqual([{ name: 'whole' }]);
});

here('a connection that leaves a query without an answer is used for no other', async () => {
  const { url = '' } = await databasePlace('postgres');
  const relay = await relayTo(url);
  const db = open(relay.url);
  await sql`SELECT 1`.execute(db);
  relay.hold();
  const error: unknown = await sql`SELECT 1`.execute(db).catch((reason: unknown) => reason);
  expect(isUnavailable(error)).toBe(true);
  expect((await sql<{ one: number }>`SELECT 1 AS one`.execute(db)).rows).toEqual([{ one: 1 }]);
});
