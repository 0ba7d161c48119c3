import { pino } from 'pino';
import { expect, test } from 'vitest';
import { EventRetention } from '../../src/events/event-retention.ts';
import { limits } from '../../src/limits.ts';
import { NEW_YEAR, record } from '../support/batches.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';

const DAY = 86_400_000;

onEachDatabase('the retention of events', (kind) => {
  test('deletes what is older than it is kept, with all that depends on it, and leaves the values', async () => {
    const { database, ingest } = await testIngest(kind);
    const { db, reads } = database;
    const events = [{ eventType: '3', source: 'read', severity: 'info', records: [0] }] as const;
    for (let day = 0; day < 4; day += 1) {
      const records = [record('/3/0/9', 'integer', day)];
      await ingest.submit({ endpoint: 'a', receivedAt: NEW_YEAR + day * DAY, source: 'read', records, events });
    }
    await db
      .insertInto('Webhook')
      .values({ id: 1, url: '', secret: '', filter: '{}', enabled: 1, created_at: 0 })
      .execute();
    const ids = (await reads.selectFrom('Event').select('id').orderBy('id').execute()).map(({ id }) => id);
    const delivery = { webhook_id: 1, next_attempt: 0 };
    for (const [index, state] of (['waiting', 'delivered', 'failed', 'waiting'] as const).entries()) {
      await db.insertInto('WebhookDelivery').values({ ...delivery, event_id: ids[index] ?? 0, state, updated_at: NEW_YEAR + index }).execute(); // prettier-ignore
    }
    const retention = new EventRetention({ database, settings: { values: { eventDays: 3 } }, log: pino({ level: 'silent' }) }); // prettier-ignore
    const left = async () => ({
      events: (await reads.selectFrom('Event').select('id').orderBy('id').execute()).map(({ id }) => ids.indexOf(id)),
      links: (await reads.selectFrom('EventResource').select('event_id').execute()).length,
      deliveries: (await reads.selectFrom('WebhookDelivery').select('event_id').orderBy('id').execute()).map(({ event_id }) => ids.indexOf(event_id)), // prettier-ignore
    });
    await retention.run(NEW_YEAR + 3 * DAY);
    expect(await left()).toEqual({ events: [0, 1, 2, 3], links: 4, deliveries: [0, 1, 2, 3] });
    await retention.run(NEW_YEAR + 3 * DAY + 1);
    expect(await left()).toEqual({ events: [1, 2, 3], links: 3, deliveries: [1, 2, 3] });
    // Deliveries that are over go before their events do.
    const longer = new EventRetention({ database, settings: { values: { eventDays: 300 } }, log: pino({ level: 'silent' }) }); // prettier-ignore
    await longer.run(NEW_YEAR + limits.deliveryRetentionMs + 2);
    expect(await left()).toEqual({ events: [1, 2, 3], links: 3, deliveries: [2, 3] });
    expect(await reads.selectFrom('ResourceValue').select('id').execute()).toHaveLength(4);
  });

  test('what a device says of its clock does not matter: it counts when an event came', async () => {
    const { database, ingest } = await testIngest(kind);
    const events = [{ eventType: '3', source: 'read', severity: 'info', records: [0] }] as const;
    const submit = (receivedAt: number, time: number): Promise<void> =>
      ingest.submit({ endpoint: 'a', receivedAt, source: 'read', records: [record('/3/0/9', 'integer', 1, time)], events }); // prettier-ignore
    await submit(NEW_YEAR, 7_000_000_000);
    await submit(NEW_YEAR + 5 * DAY, 0);
    const retention = new EventRetention({ database, settings: { values: { eventDays: 3 } }, log: pino({ level: 'silent' }) }); // prettier-ignore
    await retention.run(NEW_YEAR + 6 * DAY);
    expect(await database.reads.selectFrom('Event').select('time').execute()).toEqual([{ time: 0 }]);
  });
});
