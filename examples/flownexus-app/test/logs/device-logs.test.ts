import { expect, test } from 'vitest';
import { LogBudget } from '../../src/logs/log-budget.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { bytes, record, testLogs } from '../support/test-logs.ts';

onEachDatabase('logs of devices', (kind) => {
  test('what of a Send is a log is stored as entries, with what they say, and the rest as values', async () => {
    const { send, rows, batches, told, database } = await testLogs(kind);
    const line = '<11>1 2026-01-02T03:04:05Z meter net - - - no carrier';
    await send(
      record('/3303/0/5700', 21),
      record('/20/0/4016', bytes(`${line}\n[00:00:01.500,000] <inf> app: started\n`)),
      record('/20/0/4015', 4),
      record('/20/1/4014', Uint8Array.of(0, 1, 255)),
      record('/10259/0/1', 'plain', 7),
    );
    expect(batches).toEqual([
      { endpoint: 'dev', receivedAt: 1_000, source: 'send', records: [record('/3303/0/5700', 21), record('/20/0/4015', 4)] }, // prettier-ignore
    ]);
    const common = {
      endpoint: 'dev',
      source: 'send',
      received_at: 1_000,
      device_time: null,
      uptime: null,
      bytes: null,
    };
    const stored = await rows();
    expect(stored).toEqual([
      { ...common, id: 1, path: '/20/0/4016', level: 3, module: 'net', head: line.slice(0, -10), message: 'no carrier', device_time: Date.UTC(2026, 0, 2, 3, 4, 5), size: line.length },
      { ...common, id: 2, path: '/20/0/4016', level: 6, module: 'app', head: '[00:00:01.500,000] <inf> app: ', message: 'started', uptime: 1_500, size: 37 },
      { ...common, id: 3, path: '/20/1/4014', level: null, module: null, head: '', message: null, bytes: expect.anything() as unknown, size: 3 },
      { ...common, id: 4, path: '/10259/0/1', level: null, module: null, head: '', message: 'plain', device_time: 7_000, size: 5 },
    ]); // prettier-ignore
    expect([...(stored[2]?.bytes ?? [])]).toEqual([0, 1, 255]);
    expect(told.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    const { last_updated: lastUpdated } = await database.reads.selectFrom('Endpoint').select('last_updated').executeTakeFirstOrThrow(); // prettier-ignore
    expect(lastUpdated).toBeGreaterThan(1_000);
  });

  test('an endpoint that logs was heard of', async () => {
    const { store, database } = await testLogs(kind);
    const receivedAt = Date.UTC(2030, 0);
    await store({ endpoint: 'dev', receivedAt, source: 'observe', records: [record('/20/0/4014', bytes('a'))] });
    expect(await database.reads.selectFrom('Endpoint').select('last_updated').execute()).toEqual([{ last_updated: receivedAt }]); // prettier-ignore
  });

  test('text that no database can store is stored all the same', async () => {
    const { send, rows } = await testLogs(kind);
    await send(record('/10259/0/1', 'E (1) a\0b: x\ud800\n'));
    expect(await rows()).toMatchObject([{ module: 'a\ufffdb', message: 'x\ufffd', level: 3 }]);
  });

  test('a Send of an endpoint that was deleted is refused, and nobody else suffers', async () => {
    const { store, send, rows } = await testLogs(kind);
    const gone = store({
      endpoint: 'gone',
      receivedAt: 1,
      source: 'send',
      records: [record('/20/0/4016', bytes('a'))],
    });
    await Promise.all([expect(gone).rejects.toThrow(), send(record('/20/0/4016', bytes('b')))]);
    expect(await rows()).toMatchObject([{ endpoint: 'dev', message: 'b' }]);
  });
});

test('it resolves when the entries are committed, and not before', async () => {
  const { database, send, rows } = await testLogs();
  await database.commits.stop();
  await expect(send(record('/20/0/4016', bytes('a')))).rejects.toThrow('the app is stopping');
  expect(await rows()).toEqual([]);
});

test('a batch of logs alone is no batch of values, and one without logs stays as it is', async () => {
  const { send, batches } = await testLogs();
  await send(record('/20/0/4016', bytes('a')));
  expect(batches).toEqual([]);
  await send(record('/3/0/0', 'maker'));
  expect(batches).toMatchObject([{ records: [{ value: 'maker' }] }]);
});

test('events keep the values that they group', async () => {
  const { store, batches, logs } = await testLogs();
  logs.intake.setResources([{ path: '/10300/*/1' }]);
  const event = { eventType: '10300', source: 'send', severity: 'info' } as const;
  await store({
    endpoint: 'dev',
    receivedAt: 1,
    source: 'send',
    records: [record('/10300/0/1', 'a line'), record('/10300/0/2', 5), record('/10300/1/1', 'another')],
    events: [
      { ...event, records: [0, 1] },
      { ...event, records: [2] },
    ],
  });
  expect(batches).toMatchObject([{ records: [{ value: 5 }], events: [{ eventType: '10300', records: [0] }] }]);
  expect(batches[0]?.events).toHaveLength(1);
});

test('what was written to a device, and what another server reports, are values', async () => {
  const { store, batches, rows } = await testLogs();
  const records = [record('/20/0/4014', bytes('a'))];
  await store({ endpoint: 'dev', receivedAt: 1, source: 'operation', direction: 'down', records });
  await store({ endpoint: 'dev', receivedAt: 1, source: 'ingest', records });
  expect(batches).toHaveLength(2);
  expect(await rows()).toEqual([]);
});

test('of a device that logs without end so much is stored in a minute, and that more came is told in its log', async () => {
  let now = 0;
  const { send, rows, logs } = await testLogs('sqlite', { budget: new LogBudget({ entries: 2, bytes: 100, now: () => now }) }); // prettier-ignore
  for (let round = 0; round < 3; round += 1) await send(record('/20/0/4016', bytes('a\nb')));
  await logs.tellLeftOut();
  expect(await rows()).toHaveLength(2);
  now = 60_000;
  await logs.tellLeftOut();
  await logs.tellLeftOut();
  for (let round = 0; round < 2; round += 1) await send(record('/20/0/4016', bytes('a\nb')));
  await logs.stop();
  expect((await rows()).pop()).toMatchObject({
    message: expect.stringMatching(/^at least 2 entries of 2 bytes/) as unknown,
  });
  expect((await rows()).slice(2, 3)).toMatchObject([{ source: 'server', level: 4, path: '/20/0/4016', message: expect.stringMatching(/^at least 2 entries of 2 bytes were left out/) as unknown }]); // prettier-ignore
});
