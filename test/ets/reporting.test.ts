import { decodeMessage, OptionNumber, uintOption } from '@flownexus/coap';
import type { SendReport } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { list, Testbed, valuesOf, type Notified } from './testbed.ts';

/** The token and the body of the request that has this Observe option; the only one. */
function observeRequest(bed: Testbed, observe: 0 | 1): { readonly token: string; readonly payload: string } {
  const all = bed.network.log
    .map(({ bytes }) => decodeMessage(bytes))
    .filter(({ code, options }) => code < 32 && uintOption(options, OptionNumber.OBSERVE) === observe);
  expect(all).toHaveLength(1);
  const [message] = all;
  const inHex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
  return { token: inHex(message?.token), payload: inHex(message?.payload) };
}

/** What was notified after the first answer: seconds after the answer, and values. */
function later(notifications: readonly Notified[]): (readonly [second: number, values: Notified['values']])[] {
  const start = notifications[0]?.second ?? 0;
  return notifications.filter(({ initial }) => !initial).map(({ second, values }) => [second - start, values]);
}

test('1.1-int-301 Observation and Notification of parameter values', async () => {
  const bed = await Testbed.registered();
  await bed.run(bed.device.writeAttributes('/3/0/7', { pmin: 5, pmax: 15 }));
  await bed.run(bed.device.writeAttributes('/3/0/8', { pmin: 10, pmax: 20 }));
  await bed.run(bed.device.observe('/3/0/7').established);
  await bed.run(bed.device.observe('/3/0/8').established);
  expect(bed.exchanges()).toEqual([
    'PUT /3/0/7?pmin=5&pmax=15 → 2.04',
    'PUT /3/0/8?pmin=10&pmax=20 → 2.04',
    'GET /3/0/7 observe=0 accept=112 → 2.05 observing cf=112',
    'GET /3/0/8 observe=0 accept=112 → 2.05 observing cf=112',
  ]);
  bed.tree.set('/3/0/7/0', 3_900);
  await bed.pass(41);
  const voltage = { '/3/0/7/0': 3_900, '/3/0/7/1': 5_000 };
  const current = { '/3/0/8/0': 125, '/3/0/8/1': 900 };
  // Not before pmin after a change, and after pmax without one.
  expect(later(bed.notifications)).toEqual([
    [5, voltage],
    [20, current],
    [20, voltage],
    [35, voltage],
    [40, current],
  ]);
});

test('1.1-int-302 Cancel Observations using Reset Operation', async () => {
  const bed = await Testbed.registered();
  const observation = bed.device.observe('/3/0/9');
  await bed.run(observation.established);
  bed.tree.set('/3/0/9', 94);
  await bed.pass(1);
  expect(bed.exchanges()).toEqual(['GET /3/0/9 observe=0 accept=112 → 2.05 observing cf=112', 'notified 2.05']);
  await bed.run(observation.cancel({ passive: true }));
  expect([bed.exchanges(), bed.client.observations]).toEqual([[], 1]);
  bed.tree.set('/3/0/9', 93);
  await bed.pass(1);
  expect([bed.exchanges(), bed.client.observations]).toEqual([['notified 2.05', 'RST'], 0]);
  bed.tree.set('/3/0/9', 92);
  await bed.pass(100);
  expect(bed.exchanges()).toEqual([]);
  expect(later(bed.notifications)).toEqual([[0, { '/3/0/9': 94 }]]);
});

// The text cancels at the Object Instance; RFC 7641 §3.6 cancels what the token stands for.
test('1.1-int-303 Cancel observations using Observe with Cancel parameter', async () => {
  const bed = await Testbed.registered();
  const observation = bed.device.observe('/3/0/9');
  await bed.run(observation.established);
  await bed.run(observation.cancel());
  expect(bed.exchanges()).toEqual([
    'GET /3/0/9 observe=0 accept=112 → 2.05 observing cf=112',
    'GET /3/0/9 observe=1 accept=112 → 2.05 cf=112',
  ]);
  expect(observeRequest(bed, 1)).toEqual(observeRequest(bed, 0));
  expect(bed.client.observations).toBe(0);
  bed.tree.set('/3/0/9', 93);
  await bed.pass(100);
  expect([bed.exchanges(), later(bed.notifications)]).toEqual([[], []]);
});

const COMPOSITE = ['/1/0/1', '/3/0/11/0', '/3/0/16'];
const COMPOSITE_VALUES = { '/1/0/1': 86_400, '/3/0/11/0': 0, '/3/0/16': 'U' };
const OBSERVE = 'FETCH / observe=0 accept=112 cf=112 → 2.05 observing cf=112';

// "Observe = 1" of the text is the sequence number of the notifications.
test('1.1-int-304 Observe-Composite Operation', async () => {
  const bed = await Testbed.registered();
  for (const path of COMPOSITE) await bed.run(bed.device.writeAttributes(path, { pmin: 30, pmax: 45 }));
  bed.exchanges();
  await bed.run(bed.device.observeComposite(COMPOSITE).established);
  expect(bed.exchanges()).toEqual([OBSERVE]);
  await bed.pass(46);
  bed.tree.set('/3/0/11/0', 1);
  await bed.pass(46);
  expect(bed.notifications.map(({ values }) => Object.keys(values).toSorted())).toEqual(
    Array.from({ length: 3 }, () => COMPOSITE),
  );
  expect(later(bed.notifications)).toEqual([
    [45, COMPOSITE_VALUES],
    [75, { ...COMPOSITE_VALUES, '/3/0/11/0': 1 }],
  ]);
});

test('1.1-int-305 Cancel Observation-Composite Operation', async () => {
  const bed = await Testbed.registered();
  const observation = bed.device.observeComposite(COMPOSITE);
  expect(valuesOf(await bed.run(observation.established))).toEqual(COMPOSITE_VALUES);
  await bed.run(observation.cancel());
  expect(bed.exchanges()).toEqual([OBSERVE, 'FETCH / observe=1 accept=112 cf=112 → 2.05 cf=112']);
  expect(observeRequest(bed, 1)).toEqual(observeRequest(bed, 0));
  expect(bed.client.observations).toBe(0);
  bed.tree.set('/3/0/11/0', 1);
  await bed.pass(100);
  expect(bed.exchanges()).toEqual([]);
});

/** What was sent, and what the handler for it got before the answer. */
async function sending(): Promise<{ readonly bed: Testbed; readonly reports: SendReport[] }> {
  const reports: SendReport[] = [];
  const bed = await Testbed.registered({ server: { onSend: (report) => void reports.push(report) } });
  return { bed, reports };
}

test('1.1-int-306 Send Operation', async () => {
  const { bed, reports } = await sending();
  const events: SendReport[] = [];
  bed.server.on('send', (report) => events.push(report));
  for (const contentFormat of [112, 110]) {
    await bed.run(bed.client.send(['/3/0/9', '/3/0/7'], { contentFormat }));
  }
  expect(bed.exchanges()).toEqual(['POST /dp cf=112 → 2.04', 'POST /dp cf=110 → 2.04']);
  const values = { '/3/0/9': 95, '/3/0/7/0': 3_800, '/3/0/7/1': 5_000 };
  expect(reports.map(valuesOf)).toEqual([values, values]);
  expect(events.map(({ registration, contentFormat }) => [registration.endpointName, contentFormat])).toEqual([
    ['urn:dev:ets', 112],
    ['urn:dev:ets', 110],
  ]);
});

test('1.1-int-307 Muting Send', async () => {
  const { bed, reports } = await sending();
  await bed.run(bed.device.write('/1/0/23', true, { contentFormat: 0 }));
  await expect(bed.run(bed.client.send(['/3/0/9']))).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_MUTED' });
  await bed.pass(60);
  expect([bed.exchanges(), reports]).toEqual([['PUT /1/0/23 cf=0 "1" → 2.04'], []]);
  await bed.run(bed.device.write('/1/0/23', false, { contentFormat: 0 }));
  await bed.run(bed.client.send(['/3/0/9']));
  expect(bed.exchanges()).toEqual(['PUT /1/0/23 cf=0 "0" → 2.04', 'POST /dp cf=112 → 2.04']);
  expect(reports.map(valuesOf)).toEqual([{ '/3/0/9': 95 }]);
});

const first = { '/16/0/0/0': 'a', '/16/0/0/1': 'b' };
const second = { '/16/1/0/0': 'c', '/16/1/0/1': 'd' };

/** Creates an instance of the Portfolio Object. */
async function create(bed: Testbed, id: number, ...values: readonly string[]): Promise<void> {
  const instances = [...list(...values)].map(([instanceId, value]) => {
    return { kind: 'resourceInstance', id: instanceId, type: 'string', value } as const;
  });
  const identity = { kind: 'multipleResource', id: 0, type: 'string', instances } as const;
  const { path } = await bed.run(
    bed.device.create('/16', { kind: 'objectInstance', id, resources: [identity] }, { contentFormat: 11_542 }),
  );
  expect(path).toMatchObject({ objectId: 16, objectInstanceId: id });
}

test('1.1-int-308 Observe-Composite and Creating Object Instance', async () => {
  const bed = await Testbed.registered({ prepare: (tree) => tree.addObject(16) });
  await create(bed, 0, 'a', 'b');
  expect(valuesOf(await bed.run(bed.device.observeComposite(['/16/0', '/16/1']).established))).toEqual(first);
  await create(bed, 1, 'c', 'd');
  await bed.pass(1);
  expect(bed.notifications.at(-1)).toMatchObject({ initial: false, values: { ...first, ...second } });
  expect(bed.exchanges().filter((line) => !line.startsWith('POST /rd/'))).toEqual([
    'POST /16 cf=11542 → 2.01',
    OBSERVE,
    'POST /16 cf=11542 → 2.01',
    'notified 2.05',
  ]);
});

// "2.04 Deleted" of the text is 2.02.
test('1.1-int-309 Observe-Composite and Deleting Object Instance', async () => {
  const bed = await Testbed.registered({ prepare: (tree) => tree.addObject(16) });
  await create(bed, 0, 'a', 'b');
  await create(bed, 1, 'c', 'd');
  await bed.pass(1);
  bed.exchanges();
  const { established } = bed.device.observeComposite(['/16/0', '/16/1']);
  expect(valuesOf(await bed.run(established))).toEqual({ ...first, ...second });
  await bed.run(bed.device.delete('/16/1'));
  await bed.pass(1);
  expect(bed.notifications.at(-1)).toMatchObject({ initial: false, values: first });
  expect(Object.keys(bed.notifications.at(-1)?.values ?? {})).toEqual(Object.keys(first));
  expect(bed.exchanges().filter((line) => !line.startsWith('POST /rd/'))).toEqual([
    OBSERVE,
    'DELETE /16/1 → 2.02',
    'notified 2.05',
  ]);
});

// "Observe option set to 1" of the text is 0: the observation begins.
test('1.1-int-310 Observe-Composite and modification of parameter values', async () => {
  const bed = await Testbed.registered();
  await bed.run(bed.device.observeComposite(['/3/0/9', '/1/0/7', '/1/0/1']).established);
  await bed.pass(20);
  expect(later(bed.notifications)).toEqual([]);
  await bed.run(bed.device.writeAttributes('/3', { pmax: 5 }));
  expect(bed.exchanges().slice(0, 2)).toEqual([OBSERVE, 'PUT /3?pmax=5 → 2.04']);
  await bed.pass(14);
  const values = { '/3/0/9': 95, '/1/0/7': 'U', '/1/0/1': 86_400 };
  expect(later(bed.notifications).map(([, each]) => each)).toEqual([values, values, values]);
});

test('1.1-int-311 Send command', async () => {
  const { bed, reports } = await sending();
  await bed.run(bed.client.send(['/1/0/1', '/3/0/11/0']));
  expect(bed.exchanges()).toEqual(['POST /dp cf=112 → 2.04']);
  expect(reports.map(valuesOf)).toEqual([{ '/1/0/1': 86_400, '/3/0/11/0': 0 }]);
});

test('1.2-int-312 Observe with attributes as parameters', async () => {
  const bed = await Testbed.registered({ client: { lwm2mVersion: '1.2' } });
  const attributes = { pmin: 5, pmax: 15 };
  await bed.run(bed.device.observe('/3/0/7', { attributes }).established);
  bed.tree.set('/3/0/7/0', 3_900);
  await bed.pass(21);
  expect(bed.exchanges()[0]).toMatch(/^GET \/3\/0\/7\?pmin=5&pmax=15 observe=0 accept=\d+ → 2\.05 observing cf=\d+$/);
  expect(later(bed.notifications).map(([at]) => at)).toEqual([5, 20]);
});

test('1.2-int-313 Observe parameters override attributes', async () => {
  const bed = await Testbed.registered({ client: { lwm2mVersion: '1.2' } });
  await bed.run(bed.device.writeAttributes('/3/0/7', { pmax: 60 }));
  await bed.run(bed.device.observe('/3/0/7', { attributes: { pmin: 5, pmax: 10 } }).established);
  expect(bed.exchanges()).toEqual([
    'PUT /3/0/7?pmax=60 → 2.04',
    expect.stringMatching(/^GET \/3\/0\/7\?pmin=5&pmax=10 observe=0 accept=\d+ → 2\.05 observing/),
  ]);
  await bed.pass(31);
  expect(later(bed.notifications).map(([at]) => at)).toEqual([10, 20, 30]);
});
