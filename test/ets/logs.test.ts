import { EventLog, SystemLog, SystemLogLevel } from '@flownexus/lwm2m-client';
import { LogCollector, type LogEntry } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { ENDPOINT_NAME, Testbed, type TestbedOptions } from './testbed.ts';

/** A device that logs, and what is collected of it. */
interface Logging {
  readonly bed: Testbed;
  readonly collector: LogCollector;
  readonly log: EventLog;
  readonly systemLog: SystemLog;
  readonly entries: LogEntry[];
}

async function logging(options: TestbedOptions = {}): Promise<Logging> {
  const made: { log?: EventLog; systemLog?: SystemLog } = {};
  const bed = new Testbed({
    ...options,
    server: {
      onSend: async (report) => {
        await collector.onSend(report);
      },
      onNotify: async (notification) => {
        await collector.onNotify(notification);
      },
      ...options.server,
    },
    prepare: (tree, clock) => {
      made.log = new EventLog(tree, clock);
      made.systemLog = new SystemLog(tree);
    },
  });
  const entries: LogEntry[] = [];
  const collector: LogCollector = new LogCollector(bed.server, {
    onEntries: (batch) => void entries.push(...batch),
  });
  await bed.start();
  bed.exchanges();
  const { log, systemLog } = made;
  if (log === undefined || systemLog === undefined) throw new Error('the tree was not prepared');
  log.connect((values) => bed.client.send(values));
  return { bed, collector, log, systemLog, entries };
}

const messages = (entries: readonly LogEntry[]): unknown[] =>
  entries.map((entry) => (entry.kind === 'text' ? `${entry.source} ${entry.level} ${entry.message}` : entry.bytes));

test('the collector does what 1.1-int-2000 and 1.1-int-2001 ask for', async () => {
  const { bed, collector, log, entries } = await logging();
  await bed.run(collector.start(ENDPOINT_NAME, '/20/0'));
  log.log('[00:00:01.000,000] <inf> app: started');
  expect(await bed.run(collector.status(ENDPOINT_NAME, '/20/0'))).toEqual({
    running: true,
    hasData: true,
    failed: false,
    incremental: false,
  });
  expect(await bed.run(collector.read(ENDPOINT_NAME, '/20/0'))).toBe(1);
  await bed.run(collector.stop(ENDPOINT_NAME, '/20/0', { clear: true }));
  expect(bed.exchanges()).toEqual([
    'POST /20/0/4011 → 2.04',
    'GET /20/0/4013 accept=112 → 2.05 cf=112',
    'GET /20/0 accept=112 → 2.05 cf=112',
    `POST /20/0/4012 cf=0 "0='1'" → 2.04`,
  ]);
  expect(messages(entries)).toEqual(['read info started']);
});

test('increments come by Send, each entry once', async () => {
  const { bed, collector, log, entries } = await logging();
  await bed.run(collector.sendIncrements(ENDPOINT_NAME, '/20/0', 30));
  await bed.pass(0);
  for (const line of ['ERROR a', 'WARN b', 'INFO c']) {
    log.log(line);
    await bed.pass(10);
  }
  await bed.pass(60);
  expect(messages(entries)).toEqual(['send error a', 'send warning b', 'send info c']);
  expect(bed.exchanges()).toEqual(['PUT /20/0/4017 cf=112 → 2.04', 'POST /dp cf=112 → 2.04', 'POST /dp cf=112 → 2.04']);
});

test('an observed log of many blocks comes as it grows', async () => {
  const { bed, collector, log, entries } = await logging({ server: {} });
  await bed.run(collector.start(ENDPOINT_NAME, '/20/0'));
  await bed.run(bed.device.observe('/20/0/4014').established);
  log.log(`INFO ${'x'.repeat(3_000)}`);
  await bed.pass(5);
  expect(messages(entries)).toEqual([`notification info ${'x'.repeat(3_000)}`]);
});

test('a System Log is read from where it was left off, by a server whose device sleeps meanwhile', async () => {
  const { bed, collector, systemLog, entries } = await logging({ client: { queueMode: { awakeTimeMs: 10_000 } } });
  systemLog.log('<11>Oct  1 22:14:15 host modem: no carrier', SystemLogLevel.ERROR);
  await bed.run(collector.read(ENDPOINT_NAME, '/10259/0', { sinceLast: true }));
  await bed.pass(120);
  expect(bed.client.asleep).toBe(true);
  systemLog.log('<14>Oct  1 22:16:15 host modem: carrier');
  const reading = collector.read(ENDPOINT_NAME, '/10259/0', { sinceLast: true });
  await bed.pass(60);
  await bed.run(bed.client.wake());
  expect(await bed.run(reading)).toBe(1);
  expect(messages(entries)).toEqual(['read error no carrier', 'read info carrier']);
});
