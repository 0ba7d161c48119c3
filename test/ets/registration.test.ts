import { expect, test } from 'vitest';
import { BASIC_LIST, list, Testbed } from './testbed.ts';

/** The path of the registration on the wire. */
function location(bed: Testbed): string {
  return `/rd/${bed.device.registration?.registrationId}`;
}

function paths(bed: Testbed): string[] {
  return (bed.device.registration?.links ?? []).map(({ path }) => path);
}

test('1.1-int-101 Initial Registration', async () => {
  const bed = new Testbed({ client: { smsNumber: '15551234' } });
  await bed.start();
  expect(bed.exchanges()).toEqual([
    `POST /rd?lwm2m=1.1&ep=urn:dev:ets&lt=86400&b=U&sms=15551234 cf=40 ${BASIC_LIST} → 2.01 ${location(bed)}`,
  ]);
  expect(bed.device.registration).toMatchObject({
    endpointName: 'urn:dev:ets',
    lifetime: 86_400,
    lwm2mVersion: '1.1',
    bindingMode: 'U',
    queueMode: false,
    smsNumber: '15551234',
    contentFormats: [112],
  });
  expect(paths(bed).filter((path) => path.split('/').length === 3)).toEqual(['/1/0', '/3/0']);
  expect(paths(bed).some((path) => /^\/(0|21)(\/|$)/.test(path))).toBe(false);
});

test('1.1-int-102 Registration Update', async () => {
  const bed = await Testbed.registered({ server: { gracePeriodMs: 0 } });
  await bed.run(bed.device.write('/1/0/1', 20, { contentFormat: 0 }));
  await bed.clock.settle();
  expect(bed.exchanges()).toEqual(['PUT /1/0/1 cf=0 "20" → 2.04', `POST ${location(bed)}?lt=20 → 2.04`]);
  expect(bed.device.registration?.lifetime).toBe(20);
  bed.silence(true);
  await bed.pass(19.9);
  expect(bed.events).toEqual(['updated']);
  await bed.pass(0.2);
  expect(bed.events).toEqual(['updated', 'expired']);
  expect(bed.device.registration).toBeUndefined();
});

test('1.1-int-103 Deregistration', async () => {
  const bed = await Testbed.registered();
  const at = location(bed);
  await bed.run(bed.device.execute('/1/0/4'));
  await bed.clock.settle();
  expect(bed.exchanges()).toEqual(['POST /1/0/4 → 2.04', `DELETE ${at} → 2.02`]);
  expect(bed.events).toEqual(['deregistered']);
  expect([bed.device.registration, [...bed.server.registrations()]]).toEqual([undefined, []]);
});

test('1.1-int-104 Registration Update Trigger', async () => {
  const bed = await Testbed.registered({ contents: { '/1/0/1': 60 }, server: { gracePeriodMs: 0 } });
  await bed.pass(30);
  await bed.run(bed.device.execute('/1/0/8'));
  await bed.clock.settle();
  expect(bed.exchanges()).toEqual(['POST /1/0/8 → 2.04', `POST ${location(bed)} → 2.04`]);
  expect(bed.events).toEqual(['updated']);
  bed.silence(true);
  await bed.pass(59.9);
  expect(bed.device.registration?.lifetime).toBe(60);
  await bed.pass(0.2);
  expect(bed.events).toEqual(['updated', 'expired']);
});

test('1.1-int-105 Discarded Register Update', async () => {
  const bed = await Testbed.registered({ server: { gracePeriodMs: 0 } });
  const discarded = location(bed);
  await bed.run(bed.device.write('/1/0/1', 20, { contentFormat: 0 }));
  await bed.clock.settle();
  bed.silence(true);
  await bed.pass(25);
  expect(bed.events).toEqual(['updated', 'expired']);
  bed.exchanges();
  bed.silence(false);
  await bed.pass(60);
  expect(bed.events.slice(2, 4)).toEqual(['refused update: 4.04', 'registered']);
  const [update, register] = bed.exchanges().filter((line) => !line.endsWith('→'));
  expect(update).toBe(`POST ${discarded} → 4.04`);
  expect(register).toBe(`POST /rd?lwm2m=1.1&ep=urn:dev:ets&lt=20&b=U cf=40 ${BASIC_LIST} → 2.01 ${location(bed)}`);
  expect(location(bed)).not.toBe(discarded);
});

test('1.1-int-107 Extending the lifetime of a registration', async () => {
  const bed = await Testbed.registered({ contents: { '/1/0/1': 60 }, server: { gracePeriodMs: 0 } });
  expect(bed.device.registration?.lifetime).toBe(60);
  await bed.run(bed.device.write('/1/0/1', 120, { contentFormat: 0 }));
  await bed.clock.settle();
  expect(bed.exchanges()).toEqual(['PUT /1/0/1 cf=0 "120" → 2.04', `POST ${location(bed)}?lt=120 → 2.04`]);
  bed.silence(true);
  await bed.pass(119.9);
  expect(bed.device.registration?.lifetime).toBe(120);
  await bed.pass(0.2);
  expect(bed.events).toEqual(['updated', 'expired']);
});

test('1.1-int-108 Turn on Queue Mode', async () => {
  const bed = new Testbed({ client: { queueMode: true } });
  await bed.start();
  expect(bed.exchanges()).toEqual([
    `POST /rd?lwm2m=1.1&ep=urn:dev:ets&lt=86400&b=U&Q cf=40 ${BASIC_LIST} → 2.01 ${location(bed)}`,
  ]);
  expect(bed.device.registration).toMatchObject({ bindingMode: 'U', queueMode: true });
  expect(bed.device.presence).toMatchObject({ state: 'awake', reason: 'register' });
});

test('1.1-int-109 Behavior in Queue Mode', async () => {
  const bed = await Testbed.registered({ client: { queueMode: true } });
  await bed.pass(92.9);
  expect(bed.device.presence?.state).toBe('awake');
  await bed.pass(0.2);
  expect([bed.client.asleep, bed.device.presence]).toEqual([true, expect.objectContaining({ state: 'asleep' })]);
  const read = bed.device.read('/3/0/0', { accept: 0 });
  await bed.pass(3_600);
  expect(bed.exchanges()).toEqual([]);
  await bed.run(bed.client.wake());
  expect((await bed.run(read)).node).toMatchObject({ value: 'FlowNexus' });
  expect(bed.exchanges()).toEqual([`POST ${location(bed)} → 2.04`, 'GET /3/0/0 accept=0 → 2.05 cf=0 "FlowNexus"']);
});

const profiles = { '6:27354b9a': '</1/0>,</3/0>' };

test('1.2-int-110 Initial Registration using Profile ID', async () => {
  const bed = new Testbed({
    client: { lwm2mVersion: '1.2', profile: { ids: ['6:27354b9a'] } },
    server: { profiles },
  });
  await bed.start();
  // The list tells the formats alone.
  const root = '</>;ct="110 112 320 322 11542 11543 11544"';
  expect(bed.exchanges()).toEqual([
    `POST /rd?lwm2m=1.2&ep=urn:dev:ets&lt=86400&b=U&pid=6:27354b9a cf=40 ${root} → 2.01 ${location(bed)}`,
  ]);
  expect(bed.device.registration?.profileIds).toEqual(['6:27354b9a']);
  expect(paths(bed)).toEqual(['/1/0', '/3/0']);
});

test('1.2-int-111 Registration with Profile ID + Object List', async () => {
  const bed = new Testbed({
    contents: { '/4/0/0': 6, '/4/0/1': list(6), '/4/0/2': -70, '/4/0/4': list('192.0.2.9') },
    client: { lwm2mVersion: '1.2', profile: { ids: ['6:27354b9a'], objectIds: [4] } },
    server: { profiles },
  });
  await bed.start();
  const objectList = '</>;ct="110 112 320 322 11542 11543 11544",</4/0>';
  expect(bed.exchanges()).toEqual([
    `POST /rd?lwm2m=1.2&ep=urn:dev:ets&lt=86400&b=U&pid=6:27354b9a cf=40 ${objectList} → 2.01 ${location(bed)}`,
  ]);
  expect(paths(bed)).toEqual(expect.arrayContaining(['/1/0', '/3/0', '/4/0']));
  expect(bed.device.registration?.instances.get(4)).toEqual([0]);
});
