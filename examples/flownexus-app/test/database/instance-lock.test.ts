import { createServer, type AddressInfo, type Socket } from 'node:net';
import pg from 'pg';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { InstanceLock } from '../../src/database/postgres/instance-lock.ts';
import { databasePlace } from '../support/test-database.ts';

test('a server that takes connections and says nothing is not waited for without end', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = `postgres://nobody@127.0.0.1:${String((server.address() as AddressInfo).port)}/none`;
  const onTaken = (error: Error): never => {
    throw error;
  };
  await expect(
    InstanceLock.take({ url, retryMs: 10, answerMs: 50, beatMs: 1_000, patienceMs: 0, onTaken }),
  ).rejects.toThrow('timeout');
  expect(sockets).toHaveLength(1);
});

const server = inject('postgres');
const suite = 'url' in server ? describe : describe.skip;

suite('url' in server ? 'a lock whose session was ended' : `a lock (${server.missing})`, () => {
  /** Ends the session of the lock and takes the lock in its place, before it can be taken again. */
  const stealing = async (patienceMs: number) => {
    const { url = '' } = await databasePlace('postgres');
    const taken: Error[] = [];
    const lock = await InstanceLock.take({ url, retryMs: 20, answerMs: 5_000, beatMs: 60_000, patienceMs, onTaken: (error) => taken.push(error) }); // prettier-ignore
    const thief = new pg.Client({ connectionString: url });
    await thief.connect();
    onTestFinished(async () => {
      await lock.release();
      await thief.end();
    });
    const mine = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'flownexus lock'`;
    await thief.query(`SELECT pg_terminate_backend(pid) FROM (${mine}) AS mine`);
    await thief.query('SELECT pg_advisory_lock($1)', [BigInt(`0x${Buffer.from('flownexu').toString('hex')}`)]);
    return { taken, thief };
  };

  test('is taken again as soon as the other lets it go', async () => {
    const { taken, thief } = await stealing(60_000);
    await thief.query('SELECT pg_sleep(0.2), pg_advisory_unlock_all()');
    await expect.poll(async () => (await thief.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")).rowCount).toBe(1); // prettier-ignore
    expect(taken).toEqual([]);
  });

  test('is given up when the other keeps it', async () => {
    const { taken } = await stealing(100);
    await expect.poll(() => taken.map(({ message }) => message)).toEqual(['another FlowNexus has taken the database']);
  });
});
