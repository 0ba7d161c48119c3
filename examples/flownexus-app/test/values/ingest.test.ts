import { describe, expect, test, vi } from 'vitest';
import { CommitRefusedError } from '../../src/database/commit-refused-error.ts';
import type { Batch, NewEvent, StoredEvent } from '../../src/values/batch.ts';
import { NEW_YEAR, record, registered, registration, values } from '../support/batches.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';

const temperature = (value: number) => [record('/3303/0/5700', 'float', value)];
const HOUR = 3_600_000;

onEachDatabase('ingest', (kind) => {
  const open = async (options: Parameters<typeof testIngest>[1] = {}) => {
    const opened = await testIngest(kind, options);
    const { reads } = opened.database;
    return {
      ...opened,
      rows: () => reads.selectFrom('Resource').selectAll().orderBy('id').execute(),
      endpoint: (name: string) => reads.selectFrom('Endpoint').selectAll().where('endpoint', '=', name).executeTakeFirst(), // prettier-ignore
      floats: async () => (await reads.selectFrom('ResourceValue').select('float_value').orderBy('id').execute()).map((row) => row.float_value), // prettier-ignore
    };
  };

  test('what is submitted in one turn shares one transaction, and is on the disk when it resolves', async () => {
    const { ingest, stored, floats, database } = await open();
    const transaction = vi.spyOn(database.db, 'transaction');
    const counts = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        await ingest.submit(values('a', temperature(index)));
        return (await floats()).length;
      }),
    );
    expect(transaction).toHaveBeenCalledTimes(1);
    expect(new Set(counts)).toEqual(new Set([100]));
    expect(stored.map(({ length }) => length)).toEqual([100]);
  });

  test('the order of submission is the order of the ids, over transactions too', async () => {
    const { ingest, floats, rows } = await open();
    await Promise.all([3, 1, 2].map((value) => ingest.submit(values('a', temperature(value)))));
    await ingest.submit(values('b', temperature(0)));
    expect(await floats()).toEqual([3, 1, 2, 0]);
    expect((await rows()).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  });

  test('ids that were taken are never given again after a restart', async () => {
    const first = await open();
    await first.ingest.submit(values('a', temperature(1)));
    const second = await testIngest(kind, { database: first.database });
    await second.ingest.submit(values('a', temperature(2)));
    const [one, two] = (await first.rows()).map(({ id }) => id);
    expect(two).toBeGreaterThan(one ?? 0);
    const next = await first.database.reads.selectFrom('IdBlock').select('next').where('name', '=', 'ResourceValue').executeTakeFirstOrThrow(); // prettier-ignore
    expect(next.next).toBeGreaterThan(two ?? 0);
  });

  test('one that can not be stored fails alone and as a whole', async () => {
    const { ingest, stored, floats } = await open();
    const results = await Promise.allSettled([
      ingest.submit(values('a', temperature(1))),
      ingest.submit(values('b', [...temperature(3), record('/3303/0/5701', 'string', 5)])),
      ingest.submit(values('a', [record('/3303', 'float', 4)])),
      ingest.submit(values('a', temperature(5))),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(await floats()).toEqual([1, 5]);
    expect(stored.flat()).toHaveLength(2);
    // Nothing that the failed ones had added is taken as there.
    await ingest.submit(values('b', [record('/3303/0/5701', 'string', 'Cel')]));
    expect(stored.flat()).toHaveLength(3);
  });

  test('beyond its bounds it refuses', async () => {
    const { ingest } = await open({ maximum: 5 });
    const two = [...temperature(1), ...temperature(2)];
    const first = ingest.submit(values('a', two));
    await expect(ingest.submit(values('a', two))).rejects.toThrow(CommitRefusedError);
    await Promise.all([first, ingest.submit(values('a', temperature(3)))]);
    await ingest.submit(values('a', two));
  });

  test('large values count by their size', async () => {
    const { ingest } = await open({ maximum: 50 });
    const large = [record('/3303/0/5750', 'string', 'x'.repeat(20_000)), record('/16/0/0', 'opaque', new Uint8Array(20_000))]; // prettier-ignore
    const first = ingest.submit(values('a', large));
    await expect(ingest.submit(values('a', large))).rejects.toThrow(CommitRefusedError);
    await first;
    await ingest.submit(values('a', large));
  });

  test('a multiple Resource becomes one row per instance, and a device behind a gateway has its own series', async () => {
    const { ingest, rows } = await open();
    const records = [
      record('/3/0/0', 'string', 'Zephyr'),
      record('/3/0/7/0', 'integer', 3800),
      record('/3/0/7/1', 'integer', 5000),
      record('/d01/3/0/7/1', 'integer', 5001),
    ];
    await ingest.submit({ endpoint: 'a', receivedAt: NEW_YEAR, source: 'read', records });
    await ingest.submit({ ...values('a', [record('/3/0/14', 'string', '+02:00')]), direction: 'down', source: 'operation' }); // prettier-ignore
    const found = await rows();
    expect(
      found.map((row) => [row.prefix, row.resource_instance_id, row.int_value, row.source, row.direction]),
    ).toEqual([
      // prettier-ignore
      ['', null, null, 'read', 'up'],
      ['', 0, 3800, 'read', 'up'],
      ['', 1, 5000, 'read', 'up'],
      ['d01', 1, 5001, 'read', 'up'],
      ['', null, null, 'operation', 'down'],
    ]);
    expect(new Set(found.map((row) => row.series_id)).size).toBe(5);
  });

  test('an unknown Resource gets a type: from the registry, else from the wire', async () => {
    const { ingest, database } = await open();
    await ingest.submit(values('a', [record('/3305/0/5800', 'float', 1.5), record('/33000/2/9', 'boolean', true)]));
    const types = await database.reads
      .selectFrom('ResourceType')
      .select(['name', 'data_type', 'object_version'])
      .where('object_id', 'in', [3305, 33000])
      .orderBy('id')
      .execute();
    expect(types).toEqual([
      { name: expect.stringMatching(/active power/i) as string, data_type: 'FLOAT', object_version: expect.any(String) as string }, // prettier-ignore
      { name: '33000/9', data_type: 'BOOLEAN', object_version: null },
    ]);
  });

  test('a value of another type than its Resource says so', async () => {
    const { ingest, rows } = await open();
    await ingest.submit(values('a', [record('/3303/0/5700', 'string', 'warm'), ...temperature(1)]));
    expect((await rows()).map((row) => [row.value_type, row.str_value, row.float_value])).toEqual([
      ['STRING', 'warm', null],
      [null, null, 1],
    ]);
  });

  test('device time and receive time are both kept, and a device time that no calendar has is dropped', async () => {
    const { ingest, rows } = await open();
    const at = [NEW_YEAR / 1000 - 60.5, 1e300, Number.NaN, undefined];
    await ingest.submit(values('a', at.map((time) => record('/3303/0/5700', 'float', 1, time)))); // prettier-ignore
    expect((await rows()).map((row) => [row.ts_device, row.ts_received, row.time])).toEqual([
      [NEW_YEAR - 60_500, NEW_YEAR, NEW_YEAR - 60_500],
      [null, NEW_YEAR, NEW_YEAR],
      [null, NEW_YEAR, NEW_YEAR],
      [null, NEW_YEAR, NEW_YEAR],
    ]);
  });

  test('more series than are kept in memory are each made once', async () => {
    const { ingest, database } = await open();
    const records = Array.from({ length: 1_200 }, (_, index) => record(`/3303/${String(index)}/5700`, 'float', index));
    await ingest.submit(values('a', records));
    const again = await testIngest(kind, { database });
    await again.ingest.submit(values('a', records));
    const { n } = await database.reads.selectFrom('Series').select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow(); // prettier-ignore
    expect(n).toBe(1_200);
  });

  describe('aggregates', () => {
    test('have the numbers of each hour, of one transaction and of many', async () => {
      const { ingest, database } = await open();
      const at = (offset: number, value: number) => record('/3303/0/5700', 'float', value, (NEW_YEAR + offset) / 1000);
      await ingest.submit(values('a', [at(0, 20), at(HOUR - 1, 30), at(HOUR, 5), at(-1, -1)]));
      await ingest.submit(values('a', [at(1, 10)]));
      await ingest.submit(values('a', [record('/3/0/9', 'integer', 95), record('/3/0/0', 'string', '7'), record('/3/0/13', 'time', 7)])); // prettier-ignore
      await ingest.submit({ ...values('a', [at(2, 1000)]), direction: 'down' });
      const found = await database.reads.selectFrom('ResourceAggregate').selectAll().orderBy('series_id').orderBy('bucket').execute(); // prettier-ignore
      expect(
        found.map(({ bucket, count, sum, minimum, maximum }) => [
          (bucket - NEW_YEAR) / HOUR,
          count,
          sum,
          minimum,
          maximum,
        ]),
      ).toEqual([
        // prettier-ignore
        [-1, 1, -1, -1, -1],
        [0, 3, 60, 10, 30],
        [1, 1, 5, 5, 5],
        [0, 1, 95, 95, 95],
      ]);
    });

    test('numbers whose sum no float holds are stored all the same', async () => {
      const { ingest, floats } = await open();
      const { MAX_VALUE } = Number;
      await ingest.submit(values('a', [...temperature(MAX_VALUE), ...temperature(NaN)]));
      await ingest.submit(values('a', temperature(MAX_VALUE)));
      expect(await floats()).toEqual([MAX_VALUE, null, MAX_VALUE]);
    });
  });

  describe('the row of an endpoint', () => {
    test('keeps when it was first seen, counts, and takes the rest from its latest registration', async () => {
      const { ingest, endpoint } = await open();
      await ingest.submit(registered('a'));
      const later = registration({ lifetime: 300, address: '[2001:db8::7]:40000', queueMode: true, security: 'psk' });
      await ingest.submit({ ...registered('a', {}, NEW_YEAR + 1000), change: { kind: 'updated', registration: later } }); // prettier-ignore
      expect(await endpoint('a')).toMatchObject({
        registered: 1, admission: 'accepted', first_seen: NEW_YEAR, last_updated: NEW_YEAR + 1000, registered_at: NEW_YEAR, registrations: 1, updates: 1,
        address: '[2001:db8::7]:40000', lifetime: 300, lwm2m_version: '1.1', binding_mode: 'U', queue_mode: 1, object_links: '["/1/0","/3/0","/3303/0"]',
        demo: 0, security: 'psk', manufacturer: null,
      }); // prettier-ignore
    });

    test('is as the last of several changes of one transaction says', async () => {
      const { ingest, endpoint } = await open();
      const end: Batch = { ...registered('a', {}, NEW_YEAR + 5), change: { kind: 'unregistered' } };
      await Promise.all([ingest.submit(registered('a')), ingest.submit(end), ingest.submit(registered('a', { lifetime: 7 }, NEW_YEAR + 6))]); // prettier-ignore
      expect(await endpoint('a')).toMatchObject({ registered: 1, registrations: 2, registered_at: NEW_YEAR + 6, lifetime: 7 }); // prettier-ignore
      await Promise.all([ingest.submit(registered('b')), ingest.submit({ ...end, endpoint: 'b' })]);
      expect(await endpoint('b')).toMatchObject({ registered: 0, registrations: 1, last_updated: NEW_YEAR + 5 });
    });

    test('a change without a registration sets what is known alone', async () => {
      const { ingest, endpoint } = await open();
      await ingest.submit(registered('a', { lifetime: 77 }));
      const batch: Batch = { endpoint: 'a', receivedAt: NEW_YEAR + 1, source: 'ingest', records: [] };
      await ingest.submit({ ...batch, change: { kind: 'unregistered' } });
      expect(await endpoint('a')).toMatchObject({ registered: 0, lifetime: 77 });
      await ingest.submit({ ...batch, change: { kind: 'updated' } });
      expect(await endpoint('a')).toMatchObject({ registered: 1, lifetime: 77, updates: 1 });
      await ingest.submit({ ...batch, endpoint: 'new', change: { kind: 'registered' } });
      expect(await endpoint('new')).toMatchObject({ registered: 1, registrations: 1, lifetime: 0, object_links: '[]' });
    });

    test('counts its reboots, and keeps when the last was', async () => {
      const { ingest, endpoint } = await open();
      await ingest.submit(registered('a'));
      const reboot = (receivedAt: number): Batch => ({ endpoint: 'a', receivedAt, source: 'operation', reboots: true, records: [] }); // prettier-ignore
      await Promise.all([ingest.submit(reboot(NEW_YEAR + 1)), ingest.submit(reboot(NEW_YEAR + 2))]);
      await ingest.submit(registered('a', {}, NEW_YEAR + 3));
      expect(await endpoint('a')).toMatchObject({
        registered: 1,
        reboots: 2,
        rebooted_at: NEW_YEAR + 2,
        registrations: 2,
      });
    });

    test('values alone make one, and never set its clock back', async () => {
      const { ingest, endpoint } = await open();
      await ingest.submit(values('a', temperature(1)));
      expect(await endpoint('a')).toMatchObject({ registered: 0, first_seen: NEW_YEAR, last_updated: NEW_YEAR });
      await ingest.submit(values('a', temperature(1), NEW_YEAR - 1));
      expect(await endpoint('a')).toMatchObject({ first_seen: NEW_YEAR, last_updated: NEW_YEAR });
    });

    test('has the latest texts of the Device object, those of a device behind it left out', async () => {
      const { ingest, endpoint } = await open();
      const texts = ['Zephyr', 'a\0b', '345', '1.0'].map((text, index) => record(`/3/0/${String(index)}`, 'string', text)); // prettier-ignore
      await ingest.submit(values('a', [...texts, record('/d01/3/0/0', 'string', 'other')]));
      await ingest.submit(values('a', [record('/3/0/3', 'string', '2.0')]));
      expect(await endpoint('a')).toMatchObject({ manufacturer: 'Zephyr', model_number: 'a\u{FFFD}b', serial_number: '345', firmware_version: '2.0' }); // prettier-ignore
    });

    test('is gone with all that depends on it when it is removed, and comes anew', async () => {
      const { ingest, endpoint, rows, database } = await open();
      const event: NewEvent = { eventType: '3', source: 'read', severity: 'info', records: [0] };
      await ingest.submit({ ...values('a', temperature(1)), events: [event] });
      await ingest.submit(values('b', temperature(2)));
      const removed = ingest.removeEndpoint('a');
      await Promise.all([removed, ingest.submit(values('a', temperature(3), NEW_YEAR + 1))]);
      expect((await rows()).map((row) => [row.endpoint, row.float_value])).toEqual([['b', 2], ['a', 3]]); // prettier-ignore
      expect(await endpoint('a')).toMatchObject({ first_seen: NEW_YEAR + 1 });
      expect(await database.reads.selectFrom('Event').select('id').execute()).toEqual([]);
    });
  });

  describe('events', () => {
    const whole: NewEvent = { eventType: '10300', source: 'composite', severity: 'info', records: [0, 1, 1] };
    const hot: NewEvent = { eventType: 'hot', source: 'rule', severity: 'critical', message: 'too hot', records: [1] };
    const batch = (endpoint = 'a'): Batch => ({
      ...values(endpoint, [record('/10300/0/0', 'float', 1, NEW_YEAR / 1000 - 5), record('/10300/0/1', 'float', 2)]),
      source: 'composite',
      events: [whole],
    });

    test('of the payload and of the hooks are stored with their values, and told of', async () => {
      const told: StoredEvent[] = [];
      const { ingest, database, stored } = await open({
        hooks: {
          eventsOf: () => [hot],
          onEvents: async (trx, events) => {
            await trx
              .insertInto('Setting')
              .values({ name: String(events.length), value: '', updated_at: 0 })
              .execute();
            told.push(...events);
          },
        },
      });
      await ingest.submit(batch());
      const events = await database.reads.selectFrom('Event').selectAll().orderBy('id').execute();
      expect(events).toEqual([
        { id: 1, endpoint: 'a', event_type: '10300', time: NEW_YEAR - 5000, ts_device: NEW_YEAR - 5000, ts_received: NEW_YEAR, source: 'composite', severity: 'info', message: null, acknowledged_at: null, acknowledged_by: null, acknowledged_note: null },
        { id: 2, endpoint: 'a', event_type: 'hot', time: NEW_YEAR, ts_device: null, ts_received: NEW_YEAR, source: 'rule', severity: 'critical', message: 'too hot', acknowledged_at: null, acknowledged_by: null, acknowledged_note: null },
      ]); // prettier-ignore
      const links = await database.reads
        .selectFrom('EventResource as e')
        .innerJoin('ResourceValue as v', (join) =>
          join
            .onRef('v.series_id', '=', 'e.series_id')
            .onRef('v.time', '=', 'e.time')
            .onRef('v.id', '=', 'e.resource_id'),
        ) // prettier-ignore
        .select(['e.event_id', 'v.float_value'])
        .orderBy('e.event_id')
        .orderBy('v.float_value')
        .execute();
      expect(links.map((row) => [row.event_id, row.float_value])).toEqual([[1, 1], [1, 2], [2, 2]]); // prettier-ignore
      expect(told).toEqual(stored.flat()[0]?.events);
      expect(told.map(({ id, event }) => [id, event])).toEqual([[1, whole], [2, hot]]); // prettier-ignore
    });

    test('hooks are asked once for each batch, in order, also when a batch beside it fails', async () => {
      const asked: string[] = [];
      const { ingest, database } = await open({
        hooks: {
          eventsOf: ({ endpoint }) => {
            asked.push(endpoint);
            return [];
          },
          onEvents: () => Promise.resolve(),
        },
      });
      const bad = { ...batch('b'), events: [{ ...whole, records: [9] }] };
      const results = await Promise.allSettled([batch('a'), bad, batch('c')].map((each) => ingest.submit(each)));
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(asked).toEqual(['a', 'b', 'c']);
      expect((await database.reads.selectFrom('Event').select(['endpoint']).orderBy('id').execute()).map((row) => row.endpoint)).toEqual(['a', 'c']); // prettier-ignore
    });

    test('without values do not count as having heard of the endpoint', async () => {
      const { ingest, endpoint, database } = await open();
      await ingest.submit(registered('a'));
      await ingest.submit({ endpoint: 'a', receivedAt: NEW_YEAR + 9, source: 'observe', records: [], events: [{ ...hot, records: [] }] }); // prettier-ignore
      expect(await endpoint('a')).toMatchObject({ last_updated: NEW_YEAR });
      expect(await database.reads.selectFrom('Event').select(['event_type', 'time']).execute()).toEqual([{ event_type: 'hot', time: NEW_YEAR + 9 }]); // prettier-ignore
    });
  });

  test.each(['a/b', '"><script>', 'ü'.repeat(127), "'; DROP TABLE Endpoint; --", '%2F'])('the name %j is stored without harm', async (name) => {
    const { ingest, endpoint, rows } = await open();
    await ingest.submit(registered(name));
    await ingest.submit(values(name, temperature(21)));
    expect(await endpoint(name)).toMatchObject({ endpoint: name });
    expect(await rows()).toMatchObject([{ endpoint: name }]);
  }); // prettier-ignore
});
