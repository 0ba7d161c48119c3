import { parsePath, type ResourceRecord, type ResourceValue } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { LogIntake, type LogEntry, type QueuedOperation } from '../../src/index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const record = (path: string, value: ResourceValue): ResourceRecord => ({
  path: parsePath(path),
  type: typeof value === 'string' ? 'string' : value instanceof Uint8Array ? 'opaque' : 'integer',
  value,
  time: undefined,
});
const values = (...records: readonly ResourceRecord[]) =>
  ({ endpointName: 'dev', receivedAt: 7, source: 'send', records }) as const;

function intake(resources: readonly string[] = []): { logs: LogIntake; entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const logs = new LogIntake({
    onEntries: (batch) => void entries.push(...batch),
    resources: resources.map((path) => ({ path })),
  });
  return { logs, entries };
}

test('what is a log among values is handed on, and known as one', async () => {
  const { logs, entries } = intake();
  const records = [record('/3/0/0', 'maker'), record('/20/0/4016', bytes('a\nb')), record('/10259/0/1', 'c')];
  expect(await logs.take(values(...records))).toBe(3);
  expect(entries.map((entry) => entry.kind === 'text' && `${entry.path} ${entry.text}`)).toEqual(['/20/0/4016 a', '/20/0/4016 b', '/10259/0/1 c']); // prettier-ignore
  expect(records.map((each) => logs.isLog(each))).toEqual([false, true, true]);
});

test('Resources are declared at any time, in place of those that were', async () => {
  const { logs, entries } = intake(['/26241/*/1']);
  expect(logs.isLog(record('/26241/5/1', 'x'))).toBe(true);
  logs.setResources([{ path: '/3303/0/5750' }]);
  expect(logs.isLog(record('/26241/5/1', 'x'))).toBe(false);
  expect(await logs.take(values(record('/3303/0/5750', 'line'), record('/26241/5/1', 'x')))).toBe(1);
  expect(entries).toMatchObject([{ path: '/3303/0/5750', text: 'line', receivedAt: 7, source: 'send' }]);
  expect(() => logs.setResources([{ path: '/1/2/3' }, { path: '/3' }])).toThrow(TypeError);
  expect(logs.isLog(record('/3303/0/5750', 'x'))).toBe(true);
  expect(logs.isLog(record('/1/2/3', 'x'))).toBe(false);
});

test('a number in a Resource that is declared a log is no log', async () => {
  const { logs } = intake(['/3303/0/5700']);
  expect(logs.isLog(record('/3303/0/5700', 21))).toBe(false);
  expect(await logs.take(values(record('/3303/0/5700', 21)))).toBe(0);
});

test('what an operation has read is taken', async () => {
  const { logs, entries } = intake();
  expect(logs.readRequest('/10259/0', { sinceLast: true })).toEqual({
    operation: { kind: 'read', path: '/10259/0/2' },
    key: 'log read /10259/0/2',
  });
  const operation: QueuedOperation = {
    id: '1',
    endpointName: 'dev',
    sequence: 1,
    ...logs.readRequest('/20/0/4014'),
    state: 'CONFIRMED',
    attempts: 1,
    maxAttempts: 3,
    repeatable: true,
    metadata: undefined,
    queuedAt: 1,
    updatedAt: 9,
    expiresAt: undefined,
    result: { records: [record('/20/0/4014', 'boot ok')] } as unknown as QueuedOperation['result'],
    failure: undefined,
  };
  expect(await logs.takeRead(operation)).toBe(1);
  expect(entries).toMatchObject([{ text: 'boot ok', source: 'read', receivedAt: 9 }]);
  expect(() => logs.takeRead({ ...operation, state: 'QUEUED', result: undefined })).toThrow('is QUEUED');
});

test('what the application throws goes to the caller', () => {
  const logs = new LogIntake({
    onEntries: () => {
      throw new Error('disk full');
    },
  });
  expect(() => logs.take(values(record('/20/0/4014', 'a')))).toThrow('disk full');
});

test('a log of very many lines lets others have their turn', async () => {
  const { logs, entries } = intake();
  let turns = 0;
  const others = setInterval(() => (turns += 1), 0);
  expect(await logs.take(values(record('/20/0/4014', 'a\n'.repeat(20_000))))).toBe(20_000);
  clearInterval(others);
  expect(entries).toHaveLength(20_000);
  expect(turns).toBeGreaterThan(3);
});

test('what is not wanted any more is passed over, and not taken apart', async () => {
  const entries: LogEntry[] = [];
  const asked: string[] = [];
  const logs = new LogIntake({
    onEntries: (batch) => void entries.push(...batch),
    wanted: (endpointName) => {
      asked.push(endpointName);
      return entries.length < 2_000;
    },
  });
  expect(await logs.take(values(record('/20/0/4016', bytes('a\n'.repeat(5_000)))))).toBe(2_000);
  expect(entries).toHaveLength(2_000);
  expect(asked).toEqual(['dev', 'dev', 'dev']);
  expect(await logs.take(values(record('/20/0/4016', bytes('b'))))).toBe(0);
});
