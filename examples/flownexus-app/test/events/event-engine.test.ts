import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import type { Database } from '../../src/database/open-database.ts';
import { eventDefinitionSchema } from '../../src/events/event-definition.ts';
import { EventEngine } from '../../src/events/event-engine.ts';
import { listEvents, readEvent } from '../../src/events/event-reader.ts';
import { eventRuleSchema } from '../../src/events/event-rule.ts';
import type { EventItem } from '../../src/events/event-items.ts';
import { Ingest } from '../../src/values/ingest.ts';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { Batch, StoredEvent } from '../../src/values/batch.ts';
import { NEW_YEAR, record, registered, values } from '../support/batches.ts';
import { databasePlace, onEachDatabase, testDatabase } from '../support/test-database.ts';

const TEMPERATURE = '/3303/0/5700';

/** An engine with an ingest that asks it, and everything that it tells. */
async function startEngine(kind: DatabaseKind, given?: Database) {
  const database = given ?? (await testDatabase(kind));
  const told: EventItem[] = [];
  const outbox: StoredEvent[] = [];
  const clock = { now: NEW_YEAR };
  const engine = await EventEngine.open({
    database,
    outbox: (_trx, events) => {
      outbox.push(...events);
      return Promise.resolve();
    },
    onEvent: (_endpoint, item) => told.push(item()),
    log: pino({ level: 'silent' }),
    now: () => clock.now,
  });
  onTestFinished(() => engine.stop());
  const definitions = await ObjectRegistry.bundled();
  const ingest = await Ingest.open({ database, definitions, hooks: engine, onStored: (stored) => engine.stored(stored) }); // prettier-ignore
  const store = engine.guard((batch) => ingest.submit(batch));
  const events = async () => (await listEvents(database.reads, { limit: 100 })).items;
  const addRule = (body: object) => engine.rules.create(eventRuleSchema.parse({ name: 'hot', ...body }), 0);
  const define = (body: object) => engine.definitions.create(eventDefinitionSchema.parse({ name: 'weather', ...body }), 0); // prettier-ignore
  return { database, engine, store, events, told, outbox, clock, addRule, define };
}

const temperature = (value: number, receivedAt = NEW_YEAR): Batch =>
  values('a', [record(TEMPERATURE, 'float', value)], receivedAt);

onEachDatabase('the event engine', (kind) => {
  test('groups what a definition names of a composite notification or a Send, with the times of the device', async () => {
    const { database, store, events, told, outbox, define } = await startEngine(kind);
    await define({ paths: ['/3303/0', '3304/0/5700'], severity: 'critical' });
    const records = [
      record(TEMPERATURE, 'float', 21.5, NEW_YEAR / 1000 - 20),
      record('/3/0/9', 'integer', 90),
      record('/3304/0/5700', 'float', 55, NEW_YEAR / 1000 - 10),
    ];
    await store({ endpoint: 'a', receivedAt: NEW_YEAR, source: 'composite', records });
    await store({ endpoint: 'a', receivedAt: NEW_YEAR, source: 'observe', records });
    await store({ endpoint: 'a', receivedAt: NEW_YEAR, source: 'send', direction: 'down', records });
    const [event, ...others] = await events();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      endpoint: 'a',
      type: 'weather',
      source: 'composite',
      severity: 'critical',
      message: null,
      time: '2025-12-31T23:59:50.000Z',
      timeDevice: '2025-12-31T23:59:50.000Z',
      timeReceived: '2026-01-01T00:00:00.000Z',
      valueCount: 2,
      firstValueTime: '2025-12-31T23:59:40.000Z',
      lastValueTime: '2025-12-31T23:59:50.000Z',
      acknowledged: null,
    });
    expect(told).toEqual([event]);
    expect(outbox).toMatchObject([{ id: event?.id, endpoint: 'a' }]);
    expect((await readEvent(database.reads, event?.id ?? 0))?.values).toMatchObject([
      { path: TEMPERATURE, name: 'temperature', type: 'FLOAT', value: 21.5, time: '2025-12-31T23:59:40.000Z' },
      { path: '/3304/0/5700', name: 'humidity', value: 55, timeDevice: '2025-12-31T23:59:50.000Z' },
    ]);
  });

  test('a definition may ask for all of its paths, and for other reports', async () => {
    const { store, events, engine, define } = await startEngine(kind);
    const { id } = await define({ paths: ['/3303', '/3304/0/5700'], match: 'all', sources: ['observe'] });
    await store(temperature(20));
    expect(await events()).toEqual([]);
    await store(values('a', [record(TEMPERATURE, 'float', 1), record('/3304/0/5700', 'float', 2)]));
    expect(await events()).toMatchObject([{ type: 'weather', source: 'observe', valueCount: 2 }]);
    await engine.definitions.delete(id);
    await store(values('a', [record(TEMPERATURE, 'float', 1), record('/3304/0/5700', 'float', 2)]));
    expect(await events()).toHaveLength(1);
  });

  test('a rule makes an event with the values that made it, those of before included', async () => {
    const { database, store, events, addRule, told } = await startEngine(kind);
    await addRule({ kind: 'combination', match: 'all', conditions: [{ path: TEMPERATURE, above: 30 }, { path: '/d1/3304/0/5700', below: 20 }] }); // prettier-ignore
    await store(temperature(31, NEW_YEAR));
    await store(values('a', [record('/d1/3304/0/5700', 'float', 10)], NEW_YEAR + 1000));
    const [event] = await events();
    expect(event).toMatchObject({ type: 'hot', source: 'rule', severity: 'warning', valueCount: 2 });
    expect(event).toMatchObject({
      firstValueTime: '2026-01-01T00:00:00.000Z',
      lastValueTime: '2026-01-01T00:00:01.000Z',
    });
    expect(told).toEqual([event]);
    expect((await readEvent(database.reads, event?.id ?? 0))?.values.map(({ path, value }) => [path, value])).toEqual([
      [TEMPERATURE, 31],
      ['/d1/3304/0/5700', 10],
    ]);
  });

  test('what the time brings is stored as well, and comes once', async () => {
    const { database, engine, store, events, told, outbox, clock, addRule } = await startEngine(kind);
    await addRule({ kind: 'missing', path: '/3303', forSeconds: 60, severity: 'critical' });
    await store(temperature(20));
    clock.now += 30_000;
    await engine.tick();
    expect(await events()).toEqual([]);
    clock.now += 40_000;
    await engine.tick();
    await engine.tick();
    const [event, ...others] = await events();
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: 'hot', severity: 'critical', valueCount: 1, timeDevice: null, time: '2026-01-01T00:01:10.000Z' }); // prettier-ignore
    expect(told).toEqual([event]);
    expect(outbox).toMatchObject([{ id: event?.id }]);
    // It is no sign of life.
    const row = await database.reads.selectFrom('Endpoint').select('last_updated').executeTakeFirst();
    expect(row).toEqual({ last_updated: NEW_YEAR });
  });

  test('nothing is made of an endpoint that was deleted', async () => {
    const { database, engine, store, events, clock, addRule } = await startEngine(kind);
    await addRule({ kind: 'missing', path: '/3303', forSeconds: 60 });
    await store(temperature(20));
    await database.db.deleteFrom('Endpoint').execute();
    clock.now += 70_000;
    await engine.tick();
    expect(await events()).toEqual([]);
    expect(await database.reads.selectFrom('Endpoint').selectAll().execute()).toEqual([]);
    await store(registered('a'));
    engine.forget('a');
    clock.now += 70_000;
    await engine.tick();
    expect(await events()).toEqual([]);
  });

  test('a batch that could not be stored leaves the rules as they were', async () => {
    const { engine, store, events, addRule } = await startEngine(kind);
    await addRule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 } });
    const refuse = engine.guard((batch) => {
      expect(engine.eventsOf(batch)).toHaveLength(1);
      return Promise.reject(new Error('the disk is full'));
    });
    await expect(refuse(temperature(31))).rejects.toThrow('the disk is full');
    await store(temperature(31));
    expect(await events()).toHaveLength(1);
  });

  test('batches that could not be stored together leave the rules as they were before all of them', async () => {
    const { engine, store, events, addRule } = await startEngine(kind);
    await addRule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 } });
    await store(temperature(20));
    const full = Promise.withResolvers<undefined>();
    const refuse = engine.guard((batch) => {
      engine.eventsOf(batch);
      return full.promise;
    });
    const refused = [31, 32, 33].map((value) => refuse(temperature(value)));
    full.reject(new Error('the disk is full'));
    expect((await Promise.allSettled(refused)).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'rejected',
    ]);
    await store(temperature(31));
    expect(await events()).toHaveLength(1);
  });

  test('an event of the time that could not be stored is tried again', async () => {
    const { database, engine, store, events, clock, addRule } = await startEngine(kind);
    await addRule({ kind: 'missing', path: '/3303', forSeconds: 60 });
    await store(temperature(20));
    await database.db.schema.alterTable('IdBlock').renameTo('Away').execute();
    clock.now += 70_000;
    await engine.tick();
    await database.db.schema.alterTable('Away').renameTo('IdBlock').execute();
    clock.now += 9_000;
    await engine.tick();
    expect(await events()).toEqual([]);
    clock.now += 2_000;
    await engine.tick();
    expect(await events()).toHaveLength(1);
  });

  test('after a restart a rule goes on from the latest values', async () => {
    const place = await databasePlace(kind);
    const first = await testDatabase(kind, place);
    const before = await startEngine(kind, first);
    await before.addRule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 } });
    await before.addRule({ name: 'silent', kind: 'missing', path: '/3303', forSeconds: 60 });
    await before.addRule({ name: 'changed', kind: 'change', path: '/3/0/3' });
    await before.addRule({ name: 'off', kind: 'change', path: TEMPERATURE, enabled: false });
    await before.store(temperature(31));
    await before.store(values('a', [record('/3/0/3', 'string', '1.0')]));
    await before.store(values('b', [record('/3/0/3', 'string', '1.0')]));
    // What was written to the device is not what it has sent.
    const written = values('a', [record('/3/0/3', 'string', '9.9')], NEW_YEAR + 500);
    await before.store({ ...written, source: 'operation', direction: 'down' });
    expect(await before.events()).toHaveLength(1);
    await before.engine.stop();
    await first.close();

    const after = await startEngine(kind, await testDatabase(kind, place));
    expect(after.engine.rules.list().map(({ body }) => body.name)).toEqual(['hot', 'silent', 'changed', 'off']);
    await after.store(temperature(32, NEW_YEAR + 1000));
    await after.store(values('a', [record('/3/0/3', 'string', '1.0')], NEW_YEAR + 1000));
    await after.store(values('b', [record('/3/0/3', 'string', '2.0')], NEW_YEAR + 1000));
    expect((await after.events()).map(({ endpoint, type }) => [endpoint, type])).toEqual([
      ['b', 'changed'],
      ['a', 'hot'],
    ]);
    after.clock.now += 62_000;
    await after.engine.tick();
    expect((await after.events()).map(({ type }) => type)).toContain('silent');
  });

  test('a rule that is replaced begins anew, and one that is disabled is silent', async () => {
    const { engine, store, events, addRule } = await startEngine(kind);
    const body = { name: 'hot', kind: 'threshold', condition: { path: TEMPERATURE, above: 30 } };
    const { id } = await addRule(body);
    await store(temperature(31));
    await engine.rules.replace(id, eventRuleSchema.parse(body));
    await store(temperature(31));
    expect(await events()).toHaveLength(2);
    await engine.rules.replace(id, eventRuleSchema.parse({ ...body, enabled: false }));
    await store(temperature(29));
    await store(temperature(31));
    expect(await events()).toHaveLength(2);
  });

  test('a new rule knows who is silent already', async () => {
    const { engine, store, events, clock, addRule } = await startEngine(kind);
    await store(temperature(20));
    await addRule({ kind: 'missing', path: TEMPERATURE, forSeconds: 60 });
    clock.now += 61_000;
    await vi.waitFor(async () => {
      await engine.tick();
      expect(await events()).toHaveLength(1);
    });
  });
});
