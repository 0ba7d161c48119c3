import { setImmediate as turn } from 'node:timers/promises';
import { Code } from '@flownexus/coap';
import { sql } from 'kysely';
import { expect, onTestFinished, test, vi } from 'vitest';
import { limits } from '../../src/limits.ts';
import type { Batch } from '../../src/values/batch.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { RawDevice } from '../support/raw-device.ts';
import { testLwm2m } from '../support/test-lwm2m.ts';

const eventually = { timeout: 5_000, interval: 20 };
const registrationValues = (batches: readonly Batch[], resourceId: number, objectId = 10240) =>
  batches
    .flatMap(({ records }) => records)
    .filter(({ path }) => path.objectId === objectId && path.resourceId === resourceId)
    .map(({ value }) => value);

test('a Register, an Update and a De-register are answered when they are stored, and not before', async () => {
  let held: (() => void) | undefined;
  const { newClient } = await testLwm2m({
    beforeStore: (batch) => {
      if (batch.endpoint !== 'a' || batch.source !== 'register') return Promise.resolve();
      return new Promise((resolve) => (held = resolve));
    },
  });
  const client = newClient('a');
  const other = newClient('b');
  await other.start();
  for (const step of [() => client.start(), () => client.update(), () => client.stop()]) {
    let answered = false;
    const done = step().then(() => (answered = true));
    await vi.waitFor(() => expect(held).toBeDefined(), eventually);
    // What the server sent before this round trip of another device has arrived, too.
    await other.update();
    await turn();
    expect(answered).toBe(false);
    held?.();
    held = undefined;
    await done;
  }
});

test('each registration event is a value of the object of the settings, with the time of the event', async () => {
  const { newClient, batches, settings } = await testLwm2m();
  const before = Math.floor(Date.now() / 1000);
  const client = newClient('a');
  await client.start();
  await client.update();
  await settings.update({ registrationObject: 33_333 });
  await client.stop();
  const after = Math.floor(Date.now() / 1000);
  const values = [registrationValues(batches, 0), registrationValues(batches, 2), registrationValues(batches, 1, 33_333)].flat(); // prettier-ignore
  expect(values).toHaveLength(3);
  for (const value of values) {
    expect(value).toBeGreaterThanOrEqual(before);
    expect(value).toBeLessThanOrEqual(after);
  }
  expect(batches.flatMap(({ change }) => change?.kind ?? [])).toEqual(['registered', 'updated', 'unregistered']);
});

test('an endpoint that registers anew without a word is registered at the end, and observed', async () => {
  const { newClient, batches, side } = await testLwm2m();
  const first = newClient('a');
  await first.start();
  await first.close();
  const second = newClient('a');
  await second.start();
  await vi.waitFor(() => expect(second.observations).toBe(4), eventually);
  expect(batches.flatMap(({ change }) => change?.kind ?? [])).toEqual(['registered', 'registered']);
  expect([...side.server.registrations()]).toHaveLength(1);
});

test('an expiry that can not be stored is stored later', async () => {
  let failing = false;
  const changes: string[] = [];
  const { newClient, side } = await testLwm2m({
    beforeStore: ({ change }) => {
      if (change === undefined) return Promise.resolve();
      changes.push(`${change.kind}${failing ? ' failed' : ''}`);
      return failing ? Promise.reject(new Error('the disk is full')) : Promise.resolve();
    },
  });
  const client = newClient('a');
  await client.start();
  await client.close();
  failing = true;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  await side.server.endRegistration('a');
  expect(changes).toEqual(['registered', 'unregistered failed']);
  await vi.advanceTimersByTimeAsync(limits.unstoredEndsRetryMs);
  failing = false;
  await vi.advanceTimersByTimeAsync(limits.unstoredEndsRetryMs);
  expect(changes).toEqual(['registered', 'unregistered failed', 'unregistered failed', 'unregistered']);
});

onEachDatabase('a Register whose registration can not be kept', (kind) => {
  test('leaves an endpoint that is not registered, also when that is stored later', async () => {
    const { addresses, database, batches, side } = await testLwm2m({ kind });
    const device = await RawDevice.open(addresses.lwm2m.coap.port);
    const registered = async () => (await database.reads.selectFrom('Endpoint').select('registered').execute())[0]?.registered; // prettier-ignore
    const rename = (from: string, to: string) => sql`ALTER TABLE ${sql.table(from)} RENAME TO ${sql.table(to)}`.execute(database.db); // prettier-ignore
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    onTestFinished(() => void vi.useRealTimers());
    await rename('Registration', 'Gone');
    await expect(device.register('a', {}, '</3/0>')).rejects.toThrow('not registered: 5.3');
    expect(side.server.registration('a')).toBeUndefined();
    expect(await registered()).toBe(1);
    await rename('Gone', 'Registration');
    await vi.advanceTimersByTimeAsync(limits.unstoredEndsRetryMs);
    await vi.waitFor(async () => expect(await registered()).toBe(0), eventually);
    expect(batches.map(({ change }) => change?.kind)).toEqual(['registered', 'unregistered']);
  });
});

test('a composite notification and a Send of the event object become an Event, and so does the Read of /3', async () => {
  const { newClient, batches } = await testLwm2m();
  const client = newClient('a');
  client.objects.set('/10300/0/0', 1);
  client.objects.set('/10300/0/3', 2);
  await client.start();
  const eventsOf = (source: string) =>
    batches
      .filter((batch) => batch.source === source)
      .map(({ records, events = [] }) =>
        events.map((event) => [event.eventType, event.source, event.records.map((index) => records[index]?.value)]),
      );
  await vi.waitFor(() => expect(eventsOf('composite')).toEqual([[['10300', 'composite', [1, 2]]]]), eventually);
  client.objects.set('/10300/0/0', 3);
  await vi.waitFor(() => expect(eventsOf('composite')[1]).toEqual([['10300', 'composite', [3, 2]]]), eventually);
  await client.send(['/3303/0/5700']);
  expect(eventsOf('send')).toEqual([[]]);
  await client.send(['/3303/0/5700', '/10300/0/0']);
  expect(eventsOf('send')[1]).toEqual([['10300', 'send', [3]]]);
  await vi.waitFor(() => expect(eventsOf('read')[0]).toMatchObject([['3', 'read', expect.arrayContaining(['Zephyr'])]]), eventually); // prettier-ignore
});

test('values of a device behind a gateway are stored under its prefix, and make Events', async () => {
  const { addresses, batches, database } = await testLwm2m();
  const device = await RawDevice.open(addresses.lwm2m.coap.port);
  await device.register('gateway', {}, '</25/0>,</3303/0>');
  const payload = JSON.stringify([
    { bn: '/d01/3303/0/5700', v: 21.5 },
    { bn: '/d01/10300/0/0', v: 7 },
    { bn: '/3303/0/5700', v: 22.5 },
  ]);
  const { code } = await device.send({ code: Code.POST, options: { path: ['dp'], contentFormat: 110 }, payload });
  expect(code).toBe(Code.CHANGED);
  expect(batches.at(-1)?.events).toMatchObject([{ eventType: '10300', records: [1] }]);
  const rows = await database.reads
    .selectFrom('Resource')
    .select(['prefix', 'float_value', 'int_value'])
    .where('source', '=', 'send')
    .orderBy('id')
    .execute();
  expect(rows).toEqual([
    { prefix: 'd01', float_value: 21.5, int_value: null },
    { prefix: 'd01', float_value: null, int_value: 7 },
    { prefix: '', float_value: 22.5, int_value: null },
  ]);
});

onEachDatabase('after a restart', (kind) => {
  test('one whose lifetime has passed meanwhile is not registered, and its end is stored', async () => {
    const database = await testDatabase(kind);
    const first = await testLwm2m({ database });
    await first.newClient('a', { lifetime: 60 }).start();
    await first.side.stop();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600_000 });
    onTestFinished(() => void vi.useRealTimers());
    const second = await testLwm2m({ database });
    expect(second.side.server.registration('a')).toBeUndefined();
    expect(second.batches).toMatchObject([{ endpoint: 'a', change: { kind: 'unregistered' } }]);
    const rows = await database.reads.selectFrom('Endpoint').select('registered').execute();
    expect(rows).toEqual([{ registered: 0 }]);
  });

  test('an endpoint is registered still, and what it notifies is understood', async () => {
    const database = await testDatabase(kind);
    const first = await testLwm2m({ database });
    const client = first.newClient('a');
    await client.start();
    await vi.waitFor(() => expect(client.observations).toBe(4), eventually);
    await vi.waitFor(() => expect(first.side.server.statistics.waiting).toBe(0), eventually);
    await first.side.stop();

    const second = await testLwm2m({ database, port: first.addresses.lwm2m.coap.port });
    expect(second.side.server.registration('a')).toMatchObject({ endpointName: 'a' });
    client.objects.set('/3303/0/5700', 23.5);
    await vi.waitFor(
      () => expect(second.batches).toMatchObject([{ endpoint: 'a', source: 'observe', records: [{ value: 23.5 }] }]),
      eventually,
    );
    await client.update();
    expect(second.batches.at(-1)?.change?.kind).toBe('updated');
  });

  test('one that was refused is not registered any more', async () => {
    const database = await testDatabase(kind);
    const first = await testLwm2m({ database });
    const client = first.newClient('a');
    await client.start();
    await first.side.stop();
    await database.db.updateTable('Endpoint').set({ admission: 'refused' }).execute();
    const second = await testLwm2m({ database, port: first.addresses.lwm2m.coap.port });
    expect(second.side.server.registration('a')).toBeUndefined();
    expect(second.batches).toMatchObject([{ endpoint: 'a', change: { kind: 'unregistered' } }]);
  });
});
