import { decodeMessage } from '@flownexus/coap';
import type { ObjectTree } from '@flownexus/lwm2m-client';
import { ContentFormat, UNASSIGNED_INSTANCE_ID, type ResourceNode, type ResourceValue } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { list, PORTFOLIO, Testbed, valuesOf, type Contents } from './testbed.ts';

const { TEXT, TLV } = ContentFormat;

/** The payload of the latest request of the server, in hexadecimal. */
function lastPayload(bed: Testbed): string {
  const requests = bed.network.log
    .map(({ bytes }) => decodeMessage(bytes))
    .filter(({ code }) => code >= 1 && code < 32);
  return Buffer.from(requests.at(-1)?.payload ?? []).toString('hex');
}

function multiple(id: number, type: 'string' | 'opaque', ...values: readonly ResourceValue[]): ResourceNode {
  const instances = values.map((value, index) => ({ kind: 'resourceInstance', id: index, type, value }) as const);
  return { kind: 'multipleResource', id, type, instances };
}

test('1.1-int-651 Device: Check Access to Resources', async () => {
  const bed = await Testbed.registered();
  const before = new Map<number, ResourceValue>([
    [13, 1_767_225_600],
    [14, '+01:00'],
    [15, 'Europe/Berlin'],
  ]);
  const after = new Map<number, ResourceValue>([
    [13, 1_367_491_215],
    [14, '+02:00'],
    [15, 'Europe/Paris'],
  ]);
  for (const [mode, values] of [
    ['update', after],
    ['replace', before],
  ] as const) {
    await bed.run(bed.device.write('/3/0', values, { mode, contentFormat: TLV }));
    expect(await bed.values('/3/0', TLV)).toMatchObject(
      Object.fromEntries([...values].map(([id, value]) => [`/3/0/${id}`, value])),
    );
  }
  const read = 'GET /3/0 accept=11542 → 2.05 cf=11542';
  expect(bed.exchanges()).toEqual(['POST /3/0 cf=11542 → 2.04', read, 'PUT /3/0 cf=11542 → 2.04', read]);
});

test('1.1-int-652 Device: Query firmware version', async () => {
  const bed = await Testbed.registered();
  expect(await bed.values('/3/0/3', TEXT)).toEqual({ '/3/0/3': '1.0' });
  expect(bed.exchanges()).toEqual(['GET /3/0/3 accept=0 → 2.05 cf=0 "1.0"']);
});

test('1.1-int-680 Device: Create Object Instance', async () => {
  const bed = await Testbed.registered();
  expect(await bed.refusal(bed.device.create('/3', []))).toBe('4.05');
  expect(bed.exchanges()).toEqual([expect.stringMatching(/^POST \/3 .*→ 4\.05/)]);
  expect(bed.tree.instanceIds(3)).toEqual([0]);
});

test('1.1-int-685 Device: Delete Object Instance', async () => {
  const bed = await Testbed.registered();
  expect(await bed.refusal(bed.device.delete('/3/0'))).toBe('4.05');
  expect(bed.exchanges()).toEqual(['DELETE /3/0 → 4.05']);
  expect(await bed.values('/3/0/3')).toEqual({ '/3/0/3': '1.0' });
});

const CONNECTIVITY: Contents = {
  '/4/0/0': 6,
  '/4/0/1': list(6, 7),
  '/4/0/2': -85,
  '/4/0/3': 1,
  '/4/0/4': list('192.0.2.9'),
  '/4/0/5': list('192.0.2.254'),
  '/4/0/7': list('internet'),
  '/4/0/8': 4_711,
};

const LOCATION: Contents = { '/6/0/0': 52.5, '/6/0/1': 13.4, '/6/0/2': 34, '/6/0/5': 1_767_225_600 };

const CELLULAR: Contents = {
  '/10/0/0': '+4915551234',
  '/10/0/1': 5,
  '/10/0/4': 3_600,
  '/10/0/5': 10,
  '/10/0/8': Uint8Array.of(0x21),
  '/10/0/9': Uint8Array.of(0x0b),
  '/10/0/11': list({ objectId: 11, objectInstanceId: 0 }),
};

const POWER_SAVING: Contents = { ...CELLULAR, '/10/0/13': 1, '/10/0/14': 1 };

/** Values as they are read: a multiple Resource by its instances. */
function flat(contents: Contents): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(contents).flatMap(([path, content]): (readonly [string, unknown])[] =>
      content instanceof Map ? [...content].map(([id, value]) => [`${path}/${id}`, value]) : [[path, content]],
    ),
  );
}

test.each<readonly [name: string, path: string, contents: Contents]>([
  ['1.1-int-701 Connectivity Monitoring: read', '/4/0', CONNECTIVITY],
  ['1.1-int-801 Location: read', '/6/0', LOCATION],
  ['1.1-int-1200 Cellular Connectivity /10: read', '/10/0', CELLULAR],
  [
    '1.1-int-2001 Event Log: read',
    '/20/0',
    { '/20/0/4010': 1, '/20/0/4013': 1, '/20/0/4014': Uint8Array.of(1, 2, 3), '/20/0/4015': 0 },
  ],
])('%s', async (_name, path, contents) => {
  const bed = await Testbed.registered({ contents });
  const result = await bed.run(bed.device.read(path, { accept: TLV }));
  expect(valuesOf(result)).toMatchObject(flat(contents));
  expect(bed.exchanges()).toEqual([`GET ${path} accept=11542 → 2.05 cf=11542`]);
});

/** Attributes of a path, its observation, what changes after 1 s, and when the device notifies until the 22nd second. */
interface Observing {
  readonly contents: Contents;
  /** Those that are observed. */
  readonly paths: readonly string[];
  readonly change: readonly [path: string, value: ResourceValue];
}

// int-1900 of the text expects the version 1.1 of Object 19, of which there is 1.0 alone.
test.each<readonly [name: string, observing: Observing]>([
  [
    '1.1-int-710 Connectivity Monitoring: observation',
    { contents: CONNECTIVITY, paths: ['/4/0'], change: ['/4/0/2', -90] },
  ],
  ['1.1-int-810 Location: observation', { contents: LOCATION, paths: ['/6/0'], change: ['/6/0/0', 53] }],
  [
    '1.1-int-1203 Cellular Connectivity v1.1: observe PSM',
    { contents: POWER_SAVING, paths: ['/10/0/13', '/10/0/14'], change: ['/10/0/14', 2] },
  ],
  [
    '1.1-int-1204 Cellular Connectivity: observe timers',
    { contents: CELLULAR, paths: ['/10/0/4', '/10/0/5', '/10/0/8', '/10/0/9'], change: ['/10/0/5', 20] },
  ],
  [
    '1.1-int-1900 BinaryAppDataContainer: observe',
    {
      contents: { '/19/0/0': list(Uint8Array.of(1)), '/19/1/0': list(Uint8Array.of(2)) },
      paths: ['/19/0/0'],
      change: ['/19/0/0/0', Uint8Array.of(3)],
    },
  ],
])('%s', async (_name, { contents, paths, change: [changedPath, value] }) => {
  const bed = await Testbed.registered({ contents });
  for (const path of paths) {
    await bed.run(bed.device.writeAttributes(path, { pmin: 2, pmax: 10 }));
    await bed.run(bed.device.observe(path).established);
  }
  expect(bed.exchanges()).toEqual(
    paths.flatMap((path) => [
      `PUT ${path}?pmin=2&pmax=10 → 2.04`,
      `GET ${path} observe=0 accept=112 → 2.05 observing cf=112`,
    ]),
  );
  await bed.clock.settle();
  expect(Object.assign({}, ...bed.notifications.map(({ values }) => values))).toEqual(
    Object.fromEntries(Object.entries(flat(contents)).filter(([each]) => paths.some((path) => each.startsWith(path)))),
  );
  await bed.pass(1);
  bed.tree.set(changedPath, value);
  await bed.pass(21.5);
  const changed = bed.notifications.filter(({ initial, values }) => !initial && changedPath in values);
  expect(changed.map(({ second, values }) => [second, values[changedPath]])).toEqual([
    [2, value],
    [12, value],
    [22, value],
  ]);
});

/** A device that counts what it sends while it collects. */
function counting(tree: ObjectTree): void {
  for (const id of [0, 1, 2, 3, 4, 5]) tree.set(`/7/0/${id}`, 0);
  tree.set('/7/0/8', 0);
  tree.onExecute('/7/0/6', () => {
    for (const id of [0, 1, 2, 3, 4, 5]) tree.set(`/7/0/${id}`, 0);
    tree.set('/7/0/2', 1);
  });
  tree.onExecute('/7/0/7', () => tree.set('/7/0/2', 3));
}

test('1.1-int-901 Connectivity Statistics: data collection', async () => {
  const bed = await Testbed.registered({ prepare: counting });
  await bed.run(bed.device.execute('/7/0/6'));
  await bed.run(bed.device.execute('/7/0/7'));
  expect(await bed.values('/7/0', TLV)).toEqual({
    ...{ '/7/0/0': 0, '/7/0/1': 0, '/7/0/2': 3, '/7/0/3': 0, '/7/0/4': 0, '/7/0/5': 0, '/7/0/8': 0 },
  });
  expect(bed.exchanges()).toEqual([
    'POST /7/0/6 → 2.04',
    'POST /7/0/7 → 2.04',
    'GET /7/0 accept=11542 → 2.05 cf=11542',
  ]);
});

test('1.1-int-905 Connectivity Statistics: set writable', async () => {
  const bed = await Testbed.registered({ prepare: counting });
  await bed.run(bed.device.write('/7/0/8', 10, { contentFormat: TEXT }));
  expect(bed.exchanges()).toEqual(['PUT /7/0/8 cf=0 "10" → 2.04']);
  expect(await bed.values('/7/0/8')).toEqual({ '/7/0/8': 10 });
});

test('1.1-int-910 Connectivity Statistics: observation', async () => {
  const bed = await Testbed.registered({ prepare: counting });
  await bed.run(bed.device.writeAttributes('/7/0', { pmin: 1, pmax: 600 }));
  await bed.run(bed.device.write('/7/0/8', 0, { contentFormat: TEXT }));
  await bed.run(bed.device.observe('/7/0').established);
  for (const id of [6, 7]) {
    await bed.pass(5);
    await bed.run(bed.device.execute(`/7/0/${id}`));
  }
  await bed.pass(5);
  expect(bed.exchanges()).toEqual([
    'PUT /7/0?pmin=1&pmax=600 → 2.04',
    'PUT /7/0/8 cf=0 "0" → 2.04',
    'GET /7/0 observe=0 accept=112 → 2.05 observing cf=112',
    'POST /7/0/6 → 2.04',
    'notified 2.05',
    'POST /7/0/7 → 2.04',
    'notified 2.05',
  ]);
  expect(bed.notifications.map(({ values }) => values['/7/0/2'])).toEqual([0, 1, 3]);
});

test('1.1-int-1201 Cellular Connectivity v1.1: read', async () => {
  const bed = await Testbed.registered({ contents: POWER_SAVING });
  expect(bed.device.registration?.objectVersions.get(10)).toBe('1.1');
  expect(await bed.discover('/10')).toBe(
    '</10>;ver=1.1,</10/0>,</10/0/0>,</10/0/1>,</10/0/4>,</10/0/5>,</10/0/8>,</10/0/9>,</10/0/11>;dim=1,</10/0/13>,</10/0/14>',
  );
  expect(await bed.values('/10/0', TLV)).toEqual(flat(POWER_SAVING));
});

// "C1 0D 02" of the text is Resource 13: C1 0E 02.
test('1.1-int-1202 Cellular Connectivity v1.1: set PSM', async () => {
  const bed = await Testbed.registered({ contents: POWER_SAVING });
  await bed.run(bed.device.write('/10/0/14', 2, { contentFormat: TLV }));
  expect([bed.exchanges(), lastPayload(bed)]).toEqual([['PUT /10/0/14 cf=11542 → 2.04'], 'c10e02']);
  expect(await bed.values('/10/0/14')).toEqual({ '/10/0/14': 2 });
});

test('1.1-int-1630 Create Portfolio Object Instance', async () => {
  const bed = await Testbed.registered({ contents: PORTFOLIO });
  expect(await bed.discover('/16/0')).toBe('</16/0>,</16/0/0>;dim=4,</16/0/3>');
  const resources = [multiple(0, 'string', 'Host Device ID #2', 'Host Device Model #2')];
  const { path } = await bed.run(
    bed.device.create('/16', { kind: 'objectInstance', id: 1, resources }, { contentFormat: TLV }),
  );
  expect(path).toMatchObject({ objectId: 16, objectInstanceId: 1 });
  expect(bed.exchanges().at(-1)).toBe('POST /16 cf=11542 → 2.01');
  expect(await bed.discover('/16')).toBe('</16>,</16/0>,</16/0/0>;dim=4,</16/0/3>,</16/1>,</16/1/0>;dim=2');
  expect(await bed.values('/16')).toMatchObject({
    '/16/0/0/0': 'host device',
    '/16/1/0/0': 'Host Device ID #2',
    '/16/1/0/1': 'Host Device Model #2',
  });
});

// "2.04 Deleted" of the text is 2.02.
test('1.1-int-1635 Delete Portfolio Object Instances', async () => {
  const bed = await Testbed.registered({ contents: { ...PORTFOLIO, '/16/1/0': list('another') } });
  await bed.run(bed.device.delete('/16/0'));
  await bed.run(bed.device.delete('/16/1'));
  expect(bed.exchanges()).toEqual(['DELETE /16/0 → 2.02', 'DELETE /16/1 → 2.02']);
  expect(await bed.discover('/16')).toBe('</16>');
});

test('1.1-int-1901 BinaryAppDataContainer: write Data', async () => {
  const bed = await Testbed.registered({
    contents: { '/19/0/0': list(Uint8Array.of(1)), '/19/1/0': list(Uint8Array.of(2)) },
  });
  await bed.run(bed.device.write('/19/1/0', new Map([[0, Uint8Array.of(7, 8, 9)]]), { contentFormat: TLV }));
  expect(bed.exchanges()).toEqual(['PUT /19/1/0 cf=11542 → 2.04']);
  expect(await bed.values('/19/1/0')).toEqual({ '/19/1/0/0': Uint8Array.of(7, 8, 9) });
  expect(await bed.values('/19/0/0')).toEqual({ '/19/0/0/0': Uint8Array.of(1) });
});

// The text writes LogStart, which the Object executes.
test('1.1-int-2000 Event Log: LogStart', async () => {
  const bed = await Testbed.registered({
    contents: { '/20/0/4013': 0 },
    prepare: (tree) => tree.onExecute('/20/0/4011', () => tree.set('/20/0/4013', 1)),
  });
  await bed.run(bed.device.execute('/20/0/4011'));
  expect(bed.exchanges()).toEqual(['POST /20/0/4011 → 2.04']);
  expect(await bed.values('/20/0/4013')).toEqual({ '/20/0/4013': 1 });
});

test('CONMGMT-1.1-int-1250 APN configuration', async () => {
  const bed = await Testbed.registered({ contents: { ...CELLULAR, '/11/0/0': 'first', '/11/0/4': 3 } });
  const resources: ResourceNode[] = [
    { kind: 'singleResource', id: 0, type: 'string', value: 'second' },
    { kind: 'singleResource', id: 3, type: 'boolean', value: false },
    { kind: 'singleResource', id: 4, type: 'integer', value: 3 },
  ];
  const { path } = await bed.run(
    bed.device.create('/11', { kind: 'objectInstance', id: UNASSIGNED_INSTANCE_ID, resources }),
  );
  expect(path).toMatchObject({ objectId: 11, objectInstanceId: 1 });
  await bed.run(bed.device.execute('/1/0/8'));
  await bed.clock.settle();
  const [create, trigger, update, ...others] = bed.exchanges();
  expect([create, trigger, others]).toEqual(['POST /11 cf=11542 → 2.01 /11/1', 'POST /1/0/8 → 2.04', []]);
  expect(update).toMatch(/^POST \/rd\/\S+ cf=40 .*,<\/11\/0>,<\/11\/1>.* → 2\.04$/);
  expect(bed.device.registration?.instances.get(11)).toEqual([0, 1]);
  await bed.run(bed.device.write('/11/1/3', true, { contentFormat: TEXT }));
  expect(bed.exchanges()).toEqual(['PUT /11/1/3 cf=0 "1" → 2.04']);
});

test('CONMGMT-1.1-int-1350 Bearer Selection', async () => {
  const bed = await Testbed.registered({
    contents: CELLULAR,
    prepare: (tree) => tree.addObject(13, { changeable: true }),
  });
  const before = bed.device.registration;
  const resources = [{ kind: 'singleResource', id: 1, type: 'integer', value: -100 } as const];
  await bed.run(bed.device.create('/13', { kind: 'objectInstance', id: 0, resources }));
  // The device has another bearer now, and another address.
  bed.transport.rebind('198.51.100.4', 50_777);
  await bed.run(bed.client.update());
  const { registrationId } = before ?? {};
  expect(bed.exchanges().at(-1)).toMatch(new RegExp(`^POST /rd/${registrationId} .*</13/0> → 2\\.04$`));
  expect(bed.events).toEqual(['updated']);
  expect(bed.device.registration).toMatchObject({ registrationId, address: { host: '198.51.100.4', port: 50_777 } });
  expect(bed.device.registration?.instances.get(13)).toEqual([0]);
  expect(await bed.values('/3/0/3')).toEqual({ '/3/0/3': '1.0' });
});
