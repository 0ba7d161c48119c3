import { expect, onTestFinished, test } from 'vitest';
import type { FirmwareUpdate } from '../../src/index.ts';
import { newUpdate } from '../../src/firmware/new-update.ts';
import { GroupCommit } from '../../src/sqlite/group-commit.ts';
import { openDatabase } from '../../src/sqlite/open-database.ts';
import { SqliteFirmwareStore, type FirmwareRetention } from '../../src/sqlite/sqlite-firmware-store.ts';
import { sqliteFile } from './sqlite-file.ts';

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);

function update(id: string, changes: Partial<FirmwareUpdate> = {}): FirmwareUpdate {
  const given = { id, endpointName: 'dev', campaignId: undefined, size: 1, registration: undefined, now: T0 };
  return { ...newUpdate({ packageId: 'app' }, given), ...changes };
}

function setUp(retention?: FirmwareRetention) {
  const database = openDatabase(sqliteFile());
  onTestFinished(() => database.close());
  const errors: string[] = [];
  const report = (error: unknown, context: string): void => void errors.push(`${context}: ${String(error)}`);
  const store = new SqliteFirmwareStore(database, new GroupCommit(database), report, retention);
  return { database, store, errors };
}

const idsOf = (updates: Iterable<FirmwareUpdate>): string[] => [...updates].map(({ id }) => id);

test('finished updates are kept as long as was asked for, and what is under way whatever its age', async () => {
  const { store } = setUp({ days: 2 });
  await store.save(update('old', { state: 'FAILED' }));
  await store.save(update('waiting', { state: 'RETRYING' }));
  await store.save(update('recent', { state: 'SUCCEEDED', updatedAt: T0 + DAY }));
  await store.save(update('last', { state: 'FAILED', updatedAt: T0 + 2 * DAY + 1 }));
  expect(idsOf(store.list({ limit: 9 }))).toEqual(['last', 'recent', 'waiting']);
});

test('they are kept for a year, unless the options say otherwise', async () => {
  const { store } = setUp();
  await store.save(update('old', { state: 'FAILED' }));
  await store.save(update('last', { state: 'FAILED', updatedAt: T0 + 365 * DAY }));
  expect(idsOf(store.list({ limit: 9 }))).toEqual(['last', 'old']);
  expect(() => setUp({ days: 0 })).toThrow(RangeError);
});

test('campaigns that are over are kept as long as updates', async () => {
  const { store } = setUp({ days: 2 });
  const times = { createdAt: T0, updatedAt: T0 };
  const campaign = {
    id: 'x',
    packageId: 'app',
    concurrency: 1,
    stopAtFailureShare: 1,
    total: 1,
    startAt: undefined,
    metadata: undefined,
    ...times,
  } as const;
  await store.saveCampaign({ ...campaign, id: 'paused', state: 'PAUSED' });
  await store.saveCampaign({ ...campaign, id: 'old', state: 'FINISHED' });
  await store.saveCampaign({ ...campaign, id: 'recent', state: 'CANCELLED', updatedAt: T0 + DAY });
  await store.saveCampaign({ ...campaign, id: 'new', state: 'RUNNING', updatedAt: T0 + 2 * DAY + 1 });
  expect(store.campaigns().map(({ id }) => id)).toEqual(['paused', 'recent', 'new']);
});

test('a row that can not be read is reported, and the others are found', async () => {
  const { database, store, errors } = setUp();
  for (const id of ['a', 'b', 'c', 'd']) await store.save(update(id));
  database.exec(`UPDATE FirmwareUpdate SET firmware_update = '{"id":"b"}' WHERE id = 'b'`);
  database.exec(`UPDATE FirmwareUpdate SET firmware_update = 'nonsense' WHERE id = 'c'`);
  database.exec(`UPDATE FirmwareUpdate SET firmware_update = 'null' WHERE id = 'd'`);
  expect(idsOf(store.load())).toEqual(['a']);
  expect(errors).toHaveLength(3);
  expect(errors[0]).toContain('the firmware update b in the store can not be read');
  expect(store.get('c')).toBeUndefined();
  database.exec(`INSERT INTO FirmwareCampaign (id, campaign) VALUES ('x', '{"id":"x","packageId":"y","state":"?"}')`);
  expect(store.campaigns()).toEqual([]);
});
