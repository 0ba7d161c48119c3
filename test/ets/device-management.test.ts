import { ContentFormat, decodePayload, type ResourceValue } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { PORTFOLIO, registry, Testbed, valuesOf } from './testbed.ts';

const { TEXT, CBOR, TLV, OMA_JSON, SENML_JSON, SENML_CBOR } = ContentFormat;

/** The Update by which the device tells a lifetime. */
function updateTo(bed: Testbed, lifetime: number): string {
  return `POST /rd/${bed.device.registration?.registrationId}?lt=${lifetime} → 2.04`;
}

test('1.1-int-201 Querying basic information in Plain Text', async () => {
  const bed = await Testbed.registered();
  for (const id of [0, 1, 2]) await bed.run(bed.device.read(`/3/0/${id}`, { accept: TEXT }));
  expect(bed.exchanges()).toEqual([
    'GET /3/0/0 accept=0 → 2.05 cf=0 "FlowNexus"',
    'GET /3/0/1 accept=0 → 2.05 cf=0 "test device"',
    'GET /3/0/2 accept=0 → 2.05 cf=0 "345000123"',
  ]);
});

const DEVICE_VALUES = {
  '/3/0/0': 'FlowNexus',
  '/3/0/1': 'test device',
  '/3/0/2': '345000123',
  '/3/0/3': '1.0',
  '/3/0/6/0': 1,
  '/3/0/6/1': 5,
  '/3/0/11/0': 0,
  '/3/0/16': 'U',
};

test('1.1-int-203 Querying basic information in TLV format', async () => {
  const bed = await Testbed.registered();
  expect(await bed.values('/3/0', TLV)).toMatchObject(DEVICE_VALUES);
  expect(bed.exchanges()).toEqual(['GET /3/0 accept=11542 → 2.05 cf=11542']);
  // The other form that devices have: the same in the TLV of the Object Instance.
  const raw = await bed.run(bed.device.request({ method: 'GET', path: ['3', '0'], accept: TLV }));
  const { payload } = raw;
  const wrapped = Uint8Array.of(0x08, 0, payload.length, ...payload);
  expect(valuesOf(decodePayload(wrapped, TLV, '/3/0', registry))).toEqual(
    valuesOf(decodePayload(payload, TLV, '/3/0', registry)),
  );
});

test('1.1-int-204 Querying basic information in JSON format', async () => {
  const bed = await Testbed.registered();
  expect(await bed.values('/3/0', OMA_JSON)).toMatchObject(DEVICE_VALUES);
  expect(bed.exchanges()).toEqual(['GET /3/0 accept=11543 → 2.05 cf=11543']);
});

/** What configuration C.3 gives. */
const PERIODS = { '/1/0/2': 300, '/1/0/3': 6_000, '/1/0/5': 86_400 };
const NEW_PERIODS = { '/1/0/2': 101, '/1/0/3': 1_010, '/1/0/5': 2_000 };

test('1.1-int-205 Setting basic information in Plain Text', async () => {
  const bed = await Testbed.registered({ contents: PERIODS });
  for (const values of [NEW_PERIODS, PERIODS]) {
    for (const [path, value] of Object.entries(values)) {
      await bed.run(bed.device.write(path, value, { contentFormat: TEXT }));
    }
    expect(bed.exchanges()).toEqual(
      Object.entries(values).map(([path, value]) => `PUT ${path} cf=0 "${value}" → 2.04`),
    );
    expect(await bed.values('/1/0')).toMatchObject(values);
    bed.exchanges();
  }
});

test('1.1-int-211 Querying basic information in CBOR format', async () => {
  const bed = await Testbed.registered();
  const values: unknown[] = [];
  for (const path of ['/1/0/0', '/1/0/6', '/1/0/7']) values.push(await bed.values(path, CBOR));
  expect(values).toEqual([{ '/1/0/0': 1 }, { '/1/0/6': false }, { '/1/0/7': 'U' }]);
  expect(bed.exchanges()).toEqual([0, 6, 7].map((id) => `GET /1/0/${id} accept=60 → 2.05 cf=60`));
});

test('1.1-int-212 Setting basic information in CBOR format', async () => {
  const bed = await Testbed.registered({ contents: PERIODS });
  const values = { '/1/0/2': 101, '/1/0/3': 1_010, '/1/0/6': true };
  for (const [path, value] of Object.entries(values)) {
    await bed.run(bed.device.write(path, value, { contentFormat: CBOR }));
  }
  const { node, records, contentFormat } = await bed.run(bed.device.read('/1/0', { accept: null }));
  expect([node.kind, contentFormat, valuesOf({ records })]).toEqual([
    'objectInstance',
    SENML_CBOR,
    expect.objectContaining(values),
  ]);
  expect(bed.exchanges()).toEqual([
    ...Object.keys(values).map((path) => `PUT ${path} cf=60 → 2.04`),
    'GET /1/0 → 2.05 cf=112',
  ]);
});

test.each([
  ['1.1-int-215 Setting basic information in TLV format', TLV],
  // "0101" of the text is no JSON number: 101.
  ['1.1-int-220 Setting basic information in JSON format', OMA_JSON],
])('%s', async (_name, contentFormat) => {
  const bed = await Testbed.registered({ contents: PERIODS });
  const partial = new Map<number, ResourceValue>([
    [2, 101],
    [3, 1_010],
    [5, 2_000],
  ]);
  await bed.run(bed.device.write('/1/0', partial, { mode: 'update', contentFormat }));
  expect(await bed.values('/1/0', contentFormat)).toMatchObject({ ...NEW_PERIODS, '/1/0/1': 86_400, '/1/0/6': false });
  const whole = new Map<number, ResourceValue>([
    [1, 86_400],
    [2, 300],
    [6, true],
    [7, 'U'],
  ]);
  await bed.run(bed.device.write('/1/0', whole, { mode: 'replace', contentFormat }));
  const replaced = await bed.values('/1/0', contentFormat);
  expect(replaced).toMatchObject({ '/1/0/0': 1, '/1/0/1': 86_400, '/1/0/2': 300, '/1/0/6': true, '/1/0/7': 'U' });
  expect(Object.keys(replaced)).not.toContain('/1/0/3');
  expect(bed.exchanges()).toEqual([
    `POST /1/0 cf=${contentFormat} → 2.04`,
    `GET /1/0 accept=${contentFormat} → 2.05 cf=${contentFormat}`,
    `PUT /1/0 cf=${contentFormat} → 2.04`,
    `GET /1/0 accept=${contentFormat} → 2.05 cf=${contentFormat}`,
  ]);
});

test('1.1-int-221 Attempt to perform operations on Security', async () => {
  const bed = await Testbed.registered();
  expect(await bed.refusal(bed.device.read('/0'))).toBe('4.01');
  expect(await bed.refusal(bed.device.write('/0/0/0', 'coap://192.0.2.7', { contentFormat: TEXT }))).toBe('4.01');
  expect(await bed.refusal(bed.device.writeAttributes('/0', { pmin: 10, pmax: 60 }))).toBe('4.01');
  expect(bed.exchanges().map((line) => line.replace(/ (accept|cf)=\d+( ".*")?/, ''))).toEqual([
    'GET /0 → 4.01',
    'PUT /0/0/0 → 4.01',
    'PUT /0?pmin=10&pmax=60 → 4.01',
  ]);
  expect(bed.tree.content('/0/0/0')).toBe('coap://192.0.2.1:5683');
});

/** Reads of paths, and some of the values that each gives. */
test.each<readonly [string, Readonly<Record<string, Readonly<Record<string, ResourceValue>>>>]>([
  [
    '1.1-int-222 Read on Object',
    { '/1': { '/1/0/0': 1, '/1/0/1': 86_400, '/1/0/6': false, '/1/0/7': 'U' }, '/3': DEVICE_VALUES },
  ],
  [
    '1.1-int-223 Read on Object Instance',
    { '/1/0': { '/1/0/0': 1, '/1/0/1': 86_400, '/1/0/6': false, '/1/0/7': 'U' }, '/3/0': DEVICE_VALUES },
  ],
  [
    '1.1-int-224 Read on Resource',
    {
      '/1/0/0': { '/1/0/0': 1 },
      '/1/0/1': { '/1/0/1': 86_400 },
      '/1/0/6': { '/1/0/6': false },
      '/1/0/7': { '/1/0/7': 'U' },
      '/3/0/16': { '/3/0/16': 'U' },
    },
  ],
  ['1.1-int-225 Read on Resource Instance', { '/3/0/11/0': { '/3/0/11/0': 0 } }],
  ['1.1-int-237 Read on Object without specifying Content-Type', { '/3': DEVICE_VALUES }],
])('%s', async (name, reads) => {
  const bed = await Testbed.registered();
  const paths = Object.keys(reads);
  for (const path of paths) {
    const result = await bed.run(bed.device.read(path, name.includes('without') ? { accept: null } : {}));
    expect(valuesOf(result)).toMatchObject(reads[path] ?? {});
    // Nothing else than what is asked for.
    expect(Object.keys(valuesOf(result)).filter((each) => !`${each}/`.startsWith(`${path}/`))).toEqual([]);
  }
  const accept = name.includes('without') ? '' : ' accept=112';
  expect(bed.exchanges()).toEqual(paths.map((path) => `GET ${path}${accept} → 2.05 cf=112`));
});

test.each([
  ['1.1-int-231 Querying basic information in SenML JSON format', SENML_JSON],
  ['1.1-int-232 Querying basic information in SenML CBOR format', SENML_CBOR],
])('%s', async (_name, accept) => {
  const bed = await Testbed.registered();
  expect(await bed.values('/3', accept)).toMatchObject(DEVICE_VALUES);
  expect(await bed.values('/3/0', accept)).toMatchObject(DEVICE_VALUES);
  expect(await bed.values('/3/0/16', accept)).toEqual({ '/3/0/16': 'U' });
  expect(await bed.values('/3/0/11/0', accept)).toEqual({ '/3/0/11/0': 0 });
  expect(bed.exchanges()).toEqual(
    ['/3', '/3/0', '/3/0/16', '/3/0/11/0'].map((path) => `GET ${path} accept=${accept} → 2.05 cf=${accept}`),
  );
});

test('1.1-int-226 Write (Partial Update) on Object Instance', async () => {
  const bed = await Testbed.registered();
  const values = new Map<number, ResourceValue>([
    [1, 61],
    [6, true],
  ]);
  await bed.run(bed.device.write('/1/0', values, { mode: 'update' }));
  await bed.clock.settle();
  expect(bed.exchanges()).toEqual(['POST /1/0 cf=112 → 2.04', updateTo(bed, 61)]);
  expect(bed.device.registration?.lifetime).toBe(61);
  expect(await bed.values('/1/0')).toMatchObject({ '/1/0/0': 1, '/1/0/1': 61, '/1/0/6': true, '/1/0/7': 'U' });
});

test('1.1-int-227 Write (replace) on Resource', async () => {
  const bed = await Testbed.registered();
  await bed.run(bed.device.write('/1/0/1', 63, { contentFormat: TEXT }));
  await bed.clock.settle();
  expect(bed.exchanges()).toEqual(['PUT /1/0/1 cf=0 "63" → 2.04', updateTo(bed, 63)]);
  expect(bed.device.registration?.lifetime).toBe(63);
  expect(await bed.values('/1/0/1')).toEqual({ '/1/0/1': 63 });
});

// "POST" of the text is the PUT of a Write.
test('1.1-int-228 Write on Resource Instance', async () => {
  const bed = await Testbed.registered({ contents: PORTFOLIO });
  await bed.run(bed.device.write('/16/0/0/1', 'another', { contentFormat: TEXT }));
  expect(bed.exchanges()).toEqual(['PUT /16/0/0/1 cf=0 "another" → 2.04']);
  expect(await bed.values('/16/0/0')).toEqual({
    '/16/0/0/0': 'host device',
    '/16/0/0/1': 'another',
    '/16/0/0/2': 'model',
    '/16/0/0/3': 'software',
  });
});

test.each([
  ['1.1-int-233 Setting basic information in SenML CBOR format', SENML_CBOR],
  ['1.1-int-234 Setting basic information in SenML JSON format', SENML_JSON],
])('%s', async (_name, contentFormat) => {
  const bed = await Testbed.registered({ contents: PORTFOLIO });
  const values = new Map<number, ResourceValue>([
    [1, 61],
    [6, true],
  ]);
  await bed.run(bed.device.write('/1/0', values, { mode: 'update', contentFormat }));
  await bed.run(bed.device.write('/16/0/0/0', 'another', { contentFormat }));
  await bed.clock.settle();
  expect(bed.device.registration?.lifetime).toBe(61);
  await bed.run(bed.device.write('/1/0/1', 63, { contentFormat }));
  await bed.clock.settle();
  expect(bed.device.registration?.lifetime).toBe(63);
  expect(bed.exchanges().toSorted()).toEqual(
    [
      `POST /1/0 cf=${contentFormat} → 2.04`,
      updateTo(bed, 61),
      `PUT /16/0/0/0 cf=${contentFormat} → 2.04`,
      `PUT /1/0/1 cf=${contentFormat} → 2.04`,
      updateTo(bed, 63),
    ].toSorted(),
  );
  expect(await bed.values('/1/0', contentFormat)).toMatchObject({ '/1/0/1': 63, '/1/0/6': true });
  expect(await bed.values('/16/0/0/0', contentFormat)).toEqual({ '/16/0/0/0': 'another' });
});

test('1.1-int-241 Executable Resource: Rebooting the device', async () => {
  const bed = await Testbed.registered();
  const before = bed.device.registration?.registrationId;
  await bed.run(bed.device.execute('/3/0/4'));
  await bed.pass(5);
  const [execute, register, ...others] = bed.exchanges();
  expect([execute, others]).toEqual(['POST /3/0/4 → 2.04', []]);
  expect(register).toMatch(/^POST \/rd\?lwm2m=1\.1&ep=urn:dev:ets&lt=86400&b=U .* → 2\.01 \/rd\/\S+$/);
  expect(bed.events).toEqual(['replaced', 'registered']);
  expect([...bed.server.registrations()]).toHaveLength(1);
  expect(bed.device.registration?.registrationId).not.toBe(before);
});

test('1.1-int-256 Write Operation Failure', async () => {
  const bed = await Testbed.registered();
  expect(await bed.refusal(bed.device.write('/1/0/0', 7, { contentFormat: TEXT }))).toBe('4.05');
  expect(bed.exchanges()).toEqual([expect.stringMatching(/^PUT \/1\/0\/0 cf=0 "7" → 4\.05/)]);
  expect(await bed.values('/1/0/0')).toEqual({ '/1/0/0': 1 });
});
