import type { FirmwareUpdate } from '@flownexus/lwm2m-server';
import { firmwareStoreContract } from '@flownexus/lwm2m-server/testing';
import { expect, test } from 'vitest';
import { firmwareStore } from '../../src/firmware-updates/firmware-store.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { firmwareUpdate } from './firmware-update.ts';

const unexpected = (error: unknown): never => {
  throw error;
};

onEachDatabase('firmware updates in tables', (kind) => {
  test('keep the contract', { timeout: 60_000 }, async () => {
    const database = await testDatabase(kind);
    const make = () => firmwareStore(database, unexpected);
    for (const { name, run } of firmwareStoreContract(() => ({ store: make(), reopen: make }))) {
      await database.db.deleteFrom('FirmwareUpdate').execute();
      await database.db.deleteFrom('FirmwareCampaign').execute();
      await run().catch((error: unknown) => {
        throw new Error(`not kept: ${name}`, { cause: error });
      });
    }
  });

  test('have a history of each phase, which a change within a phase is none of', async () => {
    const database = await testDatabase(kind);
    const first = firmwareStore(database, unexpected);
    const save = async (store: typeof first, changes: Partial<FirmwareUpdate>): Promise<void> => {
      await store.save(firmwareUpdate('a', changes));
    };
    await save(first, { updatedAt: 1 });
    await save(first, { updatedAt: 2, state: 'READING', attempts: 1 });
    await save(first, { updatedAt: 3, state: 'READING', attempts: 1, resets: 1 });
    // The next process knows what was last.
    const second = firmwareStore(database, unexpected);
    await second.load();
    await save(second, { updatedAt: 4, state: 'READING', attempts: 1, resets: 2 });
    const failure = { reason: 'integrity', message: 'bad\0 bytes', result: 5, responseCode: undefined } as const;
    await save(second, { updatedAt: 5, state: 'FAILED', attempts: 1, failure });
    // As after a commit of which nobody heard.
    await save(second, { updatedAt: 5, state: 'FAILED', attempts: 1, failure });
    const changes = await database.db.selectFrom('FirmwareUpdateChange').selectAll().orderBy('id').execute();
    expect(changes.map(({ time, phase, result, attempt }) => [time, phase, result, attempt])).toEqual([
      [1, 'QUEUED', 0, 0],
      [2, 'READING', 0, 1],
      [5, 'FAILED', 5, 1],
    ]);
    await database.db.deleteFrom('FirmwareUpdate').execute();
    expect(await database.db.selectFrom('FirmwareUpdateChange').selectAll().execute()).toEqual([]);
  });

  test('a row that can not be read is reported, and the others are found', async () => {
    const database = await testDatabase(kind);
    const reports: string[] = [];
    const store = firmwareStore(database, (_error, context) => reports.push(context));
    await store.save(firmwareUpdate('a'));
    await store.save(firmwareUpdate('b'));
    await database.db
      .updateTable('FirmwareUpdate')
      .set({ firmware_update: 'nonsense' })
      .where('id', '=', 'a')
      .execute();
    expect([...(await store.load())].map(({ id }) => id)).toEqual(['b']);
    expect(reports).toEqual(['the firmware update a in the database can not be read']);
  });
});
