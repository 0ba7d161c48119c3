import { formatPath, ObjectRegistry } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { reportRoutes } from '../../src/ingest-api/report-routes.ts';
import type { Batch } from '../../src/values/batch.ts';
import { addEndpoints } from '../support/endpoint-rows.ts';
import { onEachDatabase, sharedDatabase, testDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';

const definitions = await ObjectRegistry.bundled();
const SINGLE = '/leshan_api/resource/single';
const COMPOSITE = '/leshan_api/resource/composite';

const device = {
  kind: 'obj',
  id: 3,
  instances: [
    {
      kind: 'instance',
      id: 0,
      resources: [
        { kind: 'singleResource', id: 0, type: 'STRING', value: 'Zephyr' },
        { kind: 'multiResource', id: 6, type: 'INTEGER', values: { 0: '1', 1: '5' } },
        { kind: 'singleResource', id: 17, type: 'STRING', value: 'qemu_x86' },
      ],
    },
  ],
};

onEachDatabase('reports', (kind) => {
  const shared = sharedDatabase(kind);

  /** What writes into the database has one of its own. */
  async function start(database = shared()) {
    const batches: Batch[] = [];
    const submit = (batch: Batch): Promise<void> => {
      batches.push(batch);
      return Promise.resolve();
    };
    const settings = { values: { registrationObject: 10240, eventObject: 10300 } };
    const { call, audited } = await testRoutes(reportRoutes({ database, definitions, submit, settings }));
    const values = (): unknown[] =>
      batches.flatMap(({ records }) => records.map(({ path, type, value }) => [formatPath(path), type, value]));
    /** Posts one value; gives the status. */
    const single = async (objectId: number, val: object) =>
      (await call('POST', SINGLE, { ep: 'a', obj_id: objectId, val })).status;
    return { call, batches, values, single, audited };
  }

  test('a value as FlowNexus documents it', async () => {
    const { call, batches, values, audited } = await start();
    const body = {
      ep: 'qemu_x86',
      obj_id: 3303,
      val: { kind: 'singleResource', id: 5700, type: 'FLOAT', value: '24.899181214836236' },
    };
    expect(await call('POST', SINGLE, body)).toMatchObject({ status: 201, body });
    expect(values()).toEqual([['/3303/0/5700', 'float', 24.899181214836236]]);
    expect(batches).toMatchObject([{ endpoint: 'qemu_x86', source: 'ingest' }]);
    expect(batches[0]).not.toHaveProperty('events');
    expect(batches[0]).not.toHaveProperty('change');
    // Values come by the thousand, and say themselves where they are from.
    expect(audited).toEqual([]);
  });

  test.each([
    ['FLOAT', 3303, 5700, 24.5, ['/3303/0/5700', 'float', 24.5]],
    ['INTEGER', 3303, 5700, '25', ['/3303/0/5700', 'float', 25]],
    ['STRING', 3303, 5700, '25.5', ['/3303/0/5700', 'float', 25.5]],
    ['FLOAT', 3305, 5700, '1.5', ['/3305/0/5700', 'float', 1.5]],
    ['BOOLEAN', 3342, 5500, true, ['/3342/0/5500', 'boolean', true]],
    ['BOOLEAN', 3342, 5500, 'False', ['/3342/0/5500', 'boolean', false]],
    ['BOOLEAN', 3342, 5500, 1, ['/3342/0/5500', 'boolean', true]],
    ['STRING', 3, 0, 'x'.repeat(5_000), ['/3/0/0', 'string', 'x'.repeat(5_000)]],
    ['STRING', 3, 0, 7, ['/3/0/0', 'string', '7']],
    ['STRING', 3, 0, '', ['/3/0/0', 'string', '']],
    ['TIME', 3, 13, 1_767_225_600_000, ['/3/0/13', 'time', 1_767_225_600]],
    ['TIME', 3, 13, '1767225600000', ['/3/0/13', 'time', 1_767_225_600]],
    ['time', 10240, 0, '1767225600000', ['/10240/0/0', 'time', 1_767_225_600]],
    ['INTEGER', 5, 5, '0', ['/5/0/5', 'integer', 0]],
    ['UNSIGNED_INTEGER', 33_000, 1, '18446744073709551615', ['/33000/0/1', 'unsignedInteger', 18_446_744_073_709_551_615n]],
    ['OPAQUE', 33_000, 2, '00ff', ['/33000/0/2', 'opaque', new Uint8Array([0, 255])]],
    ['OBJLNK', 33_000, 3, { objectId: 3, objectInstanceId: 0 }, ['/33000/0/3', 'objlnk', { objectId: 3, objectInstanceId: 0 }]],
    ['CORELINK', 33_000, 4, '</3/0>', ['/33000/0/4', 'corelnk', '</3/0>']],
  ])('%s %i/0/%i = %j is stored', async (type, objectId, id, value, stored) => {
    const { single, values } = await start();
    expect(await single(objectId, { kind: 'singleResource', id, type, value })).toBe(201);
    expect(values()).toEqual([stored]);
  }); // prettier-ignore

  test('the values of a multiple Resource are stored one by one', async () => {
    const { single, values } = await start();
    expect(await single(3, { kind: 'multiResource', id: 7, type: 'INTEGER', values: { 1: '5000', 0: '3800' } })).toBe(
      201,
    );
    expect(values()).toEqual([['/3/0/7/0', 'integer', 3800], ['/3/0/7/1', 'integer', 5000]]); // prettier-ignore
  });

  test.each([
    ['body.val.value', { ep: 'a', obj_id: 3303, val: { kind: 'singleResource', id: 5700, type: 'FLOAT', value: 'abc' } }],
    ['body.val.value', { ep: 'a', obj_id: 3, val: { kind: 'singleResource', id: 9, type: 'STRING', value: 'full' } }],
    ['body.val.value', { ep: 'a', obj_id: 3, val: { kind: 'singleResource', id: 0, type: 'BOOLEAN', value: true } }],
    ['body.val.value', { ep: 'a', obj_id: 3, val: { kind: 'singleResource', id: 9, type: 'INTEGER' } }],
    ['body.val.value', { ep: 'a', obj_id: 3, val: { kind: 'singleResource', id: 4, type: 'NONE', value: '' } }],
    ['body.val.value', { ep: 'a', obj_id: 3, val: { kind: 'singleResource', id: 0, type: 'STRING', value: '\ud800' } }],
    ['body.val.values.1', { ep: 'a', obj_id: 3, val: { kind: 'multiResource', id: 7, type: 'INTEGER', values: { 0: 1, 1: 'x' } } }],
    ['body.val.values', { ep: 'a', obj_id: 3, val: { kind: 'multiResource', id: 7, type: 'INTEGER', values: { 65536: 1 } } }],
    ['body.val.type', { ep: 'a', obj_id: 3, val: { kind: 'singleResource', id: 0, type: 'TEXT', value: 'x' } }],
    ['body.val.kind', { ep: 'a', obj_id: 3, val: { kind: 'obj', id: 0, instances: [] } }],
    ['body.val.id', { ep: 'a', obj_id: 3, val: { kind: 'singleResource', id: -1, type: 'STRING', value: 'x' } }],
    ['body.val.id', { ep: 'a', obj_id: 3, val: { kind: 'singleResource', id: '99999', type: 'STRING', value: 'x' } }],
    ['body.val', { ep: 'a', obj_id: 3, val: null }],
    ['body.obj_id', { ep: 'a', obj_id: '3', val: { kind: 'singleResource', id: 0, type: 'STRING', value: 'x' } }],
    ['body.ep', { ep: '', obj_id: 3, val: { kind: 'singleResource', id: 0, type: 'STRING', value: 'x' } }],
    ['body.ep', { ep: 'ü'.repeat(128), obj_id: 3, val: { kind: 'singleResource', id: 0, type: 'STRING', value: 'x' } }],
    ['body.ep', { ep: 'a\0b', obj_id: 3, val: { kind: 'singleResource', id: 0, type: 'STRING', value: 'x' } }],
    ['body', []],
  ])('a wrong value is 400 with its place, %s', async (path, body) => {
    const { call, batches } = await start();
    const { status, body: problem } = await call('POST', SINGLE, body);
    expect(status).toBe(400);
    expect(problem).toMatchObject({ errors: [{ path }] });
    expect(batches).toEqual([]);
  }); // prettier-ignore

  test('a Resource that no registry knows keeps the type of its first value', async () => {
    const database = await testDatabase(kind);
    const { call, single, batches } = await start(database);
    await database.db
      .insertInto('ResourceType')
      .values({ object_id: 33_000, resource_id: 1, name: '33000/1', data_type: 'FLOAT', operations: 'R', multiple: 0, mandatory: 0 })
      .execute(); // prettier-ignore
    expect(await single(33_000, { kind: 'singleResource', id: 1, type: 'INTEGER', value: '5' })).toBe(201);
    expect(batches[0]?.records[0]).toMatchObject({ type: 'float', value: 5 });
    const wrong = { ep: 'a', obj_id: 33_000, val: { kind: 'singleResource', id: 1, type: 'STRING', value: 'warm' } };
    expect(await call('POST', SINGLE, wrong)).toMatchObject({ status: 400, body: { errors: [{ path: 'body.val.value' }] } }); // prettier-ignore
    expect(batches).toHaveLength(1);
  });

  test.each([
    ['one Object', device, [['/3/0/0', 'string', 'Zephyr'], ['/3/0/6/0', 'integer', 1], ['/3/0/6/1', 'integer', 5], ['/3/0/17', 'string', 'qemu_x86']]],
    ['Objects by their paths', { '/3': device }, [['/3/0/0', 'string', 'Zephyr'], ['/3/0/6/0', 'integer', 1], ['/3/0/6/1', 'integer', 5], ['/3/0/17', 'string', 'qemu_x86']]],
    ['an Object Instance', { '/3303/1': { kind: 'instance', id: 1, resources: [{ kind: 'singleResource', id: 5700, type: 'FLOAT', value: 1 }] } }, [['/3303/1/5700', 'float', 1]]],
    ['a Resource', { '/3303/1/5700': { kind: 'singleResource', id: 5700, type: 'FLOAT', value: '2' } }, [['/3303/1/5700', 'float', 2]]],
    ['a multiple Resource', { '/3/0/7': { kind: 'multiResource', id: 7, type: 'INTEGER', values: { 2: 3 } } }, [['/3/0/7/2', 'integer', 3]]],
    ['a Resource Instance', { '/3/0/7/4': { kind: 'resourceInstance', id: 4, type: 'INTEGER', value: '9' } }, [['/3/0/7/4', 'integer', 9]]],
    ['a device behind a gateway', { '/d01/3303/0/5700': { kind: 'singleResource', id: 5700, type: 'FLOAT', value: 4 } }, [['/d01/3303/0/5700', 'float', 4]]],
    ['all Objects', { kind: 'root', objects: [{ kind: 'obj', id: 3342, instances: [{ kind: 'instance', id: 0, resources: [{ kind: 'singleResource', id: 5500, type: 'BOOLEAN', value: 'true' }] }] }] }, [['/3342/0/5500', 'boolean', true]]],
    ['nothing where the device has nothing', { '/3/0/0': null, '/3303/0/5700': { kind: 'singleResource', id: 5700, type: 'FLOAT', value: 1 } }, [['/3303/0/5700', 'float', 1]]],
  ])('a composite: %s', async (_, val, stored) => {
    const { call, values } = await start();
    expect(await call('POST', COMPOSITE, { ep: 'a', val })).toMatchObject({ status: 201, body: { ep: 'a', val } });
    expect(values()).toEqual(stored);
  }); // prettier-ignore

  test('a composite has one event for each Object, with all of its values', async () => {
    const { call, batches } = await start();
    const val = {
      '/3': device,
      '/10300/0/1': { kind: 'singleResource', id: 1, type: 'INTEGER', value: 7 },
      '/10300/0/2': { kind: 'singleResource', id: 2, type: 'INTEGER', value: 8 },
    };
    expect(await call('POST', COMPOSITE, { ep: 'a', val })).toMatchObject({ status: 201 });
    expect(batches).toHaveLength(1);
    expect(batches[0]?.events).toEqual([
      { eventType: '3', source: 'ingest', severity: 'info', records: [0, 1, 2, 3] },
      { eventType: '10300', source: 'ingest', severity: 'info', records: [4, 5] },
    ]);
  });

  test.each([
    ['body.val.instances.0.resources.1.value', { kind: 'obj', id: 3, instances: [{ kind: 'instance', id: 0, resources: [{ kind: 'singleResource', id: 0, type: 'STRING', value: 'x' }, { kind: 'singleResource', id: 9, type: 'INTEGER', value: 'x' }] }] }],
    ['body.val./3303/0/5700.value', { '/3/0/0': { kind: 'singleResource', id: 0, type: 'STRING', value: 'x' }, '/3303/0/5700': { kind: 'singleResource', id: 5700, type: 'FLOAT', value: 'abc' } }],
    ['body.val./3/0', { '/3/0': { kind: 5 } }],
    ['body.val.x', { x: { kind: 'obj', id: 3, instances: [] } }],
    ['body.val.kind', { kind: 'instance', id: 0, resources: [] }],
    ['body.val.id', { kind: 'obj', instances: [] }],
    ['body.val.id', { kind: 'obj', id: 65536, instances: [] }],
    ['body.val', { '/3': { kind: 'instance', resources: [{ kind: 'singleResource', id: 0, type: 'STRING', value: 'x' }] } }],
    ['body.val', { '/3': device, '/3/0/0': { kind: 'singleResource', id: 0, type: 'STRING', value: 'x' } }],
    ['body.val', []],
    ['body.val', 'x'],
  ])('one wrong value, and nothing of the composite is stored: %s', async (path, val) => {
    const { call, batches } = await start();
    const { status, body } = await call('POST', COMPOSITE, { ep: 'a', val });
    expect(status).toBe(400);
    expect((body as { errors: { path: string }[] }).errors[0]?.path).toBe(path);
    expect(batches).toEqual([]);
  }); // prettier-ignore

  test.each([
    [0, 'registered'],
    [1, 'unregistered'],
    [2, 'updated'],
  ])('10240/0/%i: the endpoint is %s', async (id, change) => {
    const { single, batches } = await start();
    expect(await single(10240, { kind: 'singleResource', id, type: 'TIME', value: 1_767_225_600_000 })).toBe(201);
    expect(batches).toMatchObject([{ change: { kind: change } }]);
  });

  test('what is known of an endpoint stays when it is reported to have registered', async () => {
    const database = await testDatabase(kind);
    const { single, batches } = await start(database);
    await addEndpoints(database, {
      endpoint: 'a',
      address: '192.0.2.99:1',
      lifetime: 77,
      security: 'psk',
      queue_mode: 1,
    });
    await single(10240, { kind: 'singleResource', id: 2, type: 'TIME', value: 1 });
    expect(batches[0]?.change).toEqual({
      kind: 'updated',
      registration: {
        address: '192.0.2.99:1',
        lifetime: 77,
        lwm2mVersion: '1.1',
        bindingMode: 'U',
        queueMode: true,
        objectLinks: ['/1/0', '/3/0', '/3303/0'],
        demo: false,
        security: 'psk',
      },
    });
  });

  test('a report that is too large, or too deep, is refused', async () => {
    const { call } = await start();
    const large = { kind: 'singleResource', id: 0, type: 'STRING', value: 'x'.repeat(1_100_000) };
    expect(await call('POST', SINGLE, { ep: 'a', obj_id: 3, val: large })).toMatchObject({ status: 413 });
    const almost = { kind: 'singleResource', id: 0, type: 'STRING', value: 'x'.repeat(1_000_000) };
    expect(await call('POST', SINGLE, { ep: 'a', obj_id: 3, val: almost })).toMatchObject({ status: 201 });
    let deep: object = {};
    for (let level = 0; level < 2_000; level += 1) deep = { kind: 'obj', id: 3, instances: [deep] };
    expect(await call('POST', COMPOSITE, { ep: 'a', val: deep })).toMatchObject({ status: 400 });
  });

  test('who may not report gets 403', async () => {
    const { call, batches } = await start();
    for (const path of [SINGLE, COMPOSITE]) {
      expect(await call('POST', path, {}, { 'x-permissions': 'none' })).toMatchObject({ status: 401 });
      expect(await call('POST', path, {}, { 'x-permissions': 'read' })).toMatchObject({ status: 403 });
    }
    expect(batches).toEqual([]);
  });
});
