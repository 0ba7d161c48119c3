import type { FirmwareUpdate } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { firmwareStore } from '../../src/firmware-updates/firmware-store.ts';
import { FirmwareUpdateRetention } from '../../src/firmware-updates/firmware-update-retention.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { firmwareUpdate } from './firmware-update.ts';

const DAY = 86_400_000;
const unexpected = (error: unknown): never => {
  throw error;
};

onEachDatabase('of firmware updates', (kind) => {
  test('what is finished leaves when it is old or an endpoint has many, and what is under way stays', async () => {
    const database = await testDatabase(kind);
    const store = firmwareStore(database, unexpected);
    const save = (id: string, changes: Partial<FirmwareUpdate>): void | Promise<void> =>
      store.save(firmwareUpdate(id, changes));
    await save('old', { state: 'FAILED', updatedAt: 0 });
    await save('waiting', { state: 'RETRYING', updatedAt: 0 });
    for (const id of ['1', '2', '3']) await save(id, { state: 'SUCCEEDED', updatedAt: 10 * DAY });
    await save('other', { state: 'SUCCEEDED', updatedAt: 10 * DAY, endpointName: 'other' });
    const times = { createdAt: 0, updatedAt: 0, startAt: undefined, metadata: undefined };
    const campaign = { packageId: 'app', concurrency: 1, stopAtFailureShare: 1, total: 1, ...times } as const;
    await store.saveCampaign({ ...campaign, id: 'over', state: 'FINISHED' });
    await store.saveCampaign({ ...campaign, id: 'paused', state: 'PAUSED' });
    await new FirmwareUpdateRetention({ database, report: unexpected, days: 5, perEndpoint: 2 }).run(10 * DAY);
    expect((await store.list({ limit: 10 })).map(({ id }) => id)).toEqual(['other', '3', '2', 'waiting']);
    expect((await store.campaigns()).map(({ id }) => id)).toEqual(['paused']);
    expect(await database.db.selectFrom('FirmwareUpdateChange').selectAll().execute()).toHaveLength(4);
  });
});
