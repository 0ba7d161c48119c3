import { expect, test } from 'vitest';
import { Code, OptionNumber, stringOptions, type CoapMessage } from '@flownexus/coap';
import { inWords, Stage, type ScriptedDevice } from '../scripted-device.ts';

// What the server does in the cases of the OMA enabler tests (OMA-ETS-LightweightM2M-INT) in which it is judged by registrations.

const SERVER_OBJECT = '</1/0>,</3/0>,</5/0>';

async function registered(lifetime: number = 86_400, links: string = SERVER_OBJECT) {
  const stage = await Stage.start({ gracePeriodMs: 0 });
  const device = stage.device();
  expect(await device.register(`lwm2m=1.1&ep=dev&lt=${lifetime}&b=U`, links)).toBe('2.01');
  stage.taken();
  return { stage, device, target: stage.server.device('dev') };
}

/** The device gets the only request, which is this, and answers it. */
async function performed(
  device: ScriptedDevice,
  operation: Promise<unknown>,
  words: string,
  code: number = Code.CHANGED,
): Promise<CoapMessage> {
  const request = await device.one();
  expect(inWords(request)).toBe(words);
  device.answer(request, code);
  await device.ignore();
  await operation;
  return request;
}

test('1.1-int-101: the first Register says who the device is and what it has', async () => {
  const stage = await Stage.start();
  const device = stage.device();
  device.request(Code.POST, {
    path: ['rd'],
    query: ['lwm2m=1.1', 'ep=urn:imei:123456789012345', 'lt=86400', 'b=U', 'sms=491701234567'],
    contentFormat: 40,
    payload: '</>;rt="oma.lwm2m";ct=112,</0/0>,</1/0>,</3/0>,</21/0>',
  });
  const answer = await device.one();
  expect(inWords(answer)).toBe('ACK 2.01');
  expect(stringOptions(answer.options, OptionNumber.LOCATION_PATH)).toEqual(['rd', expect.any(String)]);
  expect(stage.server.registration('urn:imei:123456789012345')).toMatchObject({
    lifetime: 86_400,
    lwm2mVersion: '1.1',
    bindingMode: 'U',
    smsNumber: '491701234567',
    contentFormats: [112],
    // Neither Security nor OSCORE.
    links: [{ path: '/1/0' }, { path: '/3/0' }],
  });
});

test('1.1-int-102: an Update shortens the lifetime, after which the registration is over', async () => {
  const { stage, device, target } = await registered();
  await performed(device, target.write('/1/0/1', 20), 'CON PUT 1/0/1');
  expect(await device.update('lt=20')).toBe('2.04');
  expect(stage.server.registration('dev')?.lifetime).toBe(20);
  await stage.clock.advanceAsync(20_000);
  expect(stage.taken()).toEqual(['updated dev', 'expired dev']);
});

test('1.1-int-103: Execute of Disable, and the device de-registers', async () => {
  const { stage, device, target } = await registered();
  await performed(device, target.execute('/1/0/4'), 'CON POST 1/0/4');
  expect(await device.deregister()).toBe('2.02');
  expect(stage.server.registration('dev')).toBeUndefined();
});

test('1.1-int-104: Execute of Registration Update Trigger, and an Update without parameters begins the lifetime anew', async () => {
  const { stage, device, target } = await registered(60);
  await stage.clock.advanceAsync(50_000);
  await performed(device, target.execute('/1/0/8'), 'CON POST 1/0/8');
  expect(await device.update()).toBe('2.04');
  await stage.clock.advanceAsync(59_999);
  expect(stage.server.registration('dev')).toBeDefined();
});

test('1.1-int-105: an Update of a registration that is over is discarded, and a Register accepted', async () => {
  const { stage, device } = await registered(60);
  await stage.clock.advanceAsync(60_000);
  expect(await device.update()).toBe('4.04');
  expect(await device.register()).toBe('2.01');
});

test('1.1-int-107: an Update lengthens the lifetime', async () => {
  const { stage, device, target } = await registered(60);
  await performed(device, target.write('/1/0/1', 120), 'CON PUT 1/0/1');
  expect(await device.update('lt=120')).toBe('2.04');
  await stage.clock.advanceAsync(119_999);
  expect(stage.server.registration('dev')).toBeDefined();
  await stage.clock.advanceAsync(1);
  expect(stage.server.registration('dev')).toBeUndefined();
});

test('1.1-int-108: b=U and Q turn queue mode on', async () => {
  const { stage, device, target } = await registered();
  await performed(device, target.write('/1/0/6', true), 'CON PUT 1/0/6');
  expect(await device.update('b=U&Q')).toBe('2.04');
  expect(stage.server.registration('dev')).toMatchObject({ bindingMode: 'U', queueMode: true });
});

// 1.2-int-110 and 1.2-int-111: profiles.test.ts

test('1.1-int-226: one Write changes the lifetime and more, and the Update follows', async () => {
  const { stage, device, target } = await registered();
  const resources = new Map<number, number | boolean>([
    [1, 61],
    [6, true],
  ]);
  await performed(device, target.write('/1/0', resources, { mode: 'update' }), 'CON POST 1/0');
  expect(await device.update('lt=61')).toBe('2.04');
  expect(stage.server.registration('dev')?.lifetime).toBe(61);
});

test('1.1-int-241: after a reboot another Register takes the place of the registration', async () => {
  const { stage, device, target } = await registered();
  const before = device.location;
  await performed(device, target.execute('/3/0/4'), 'CON POST 3/0/4');
  expect(await device.register(`lwm2m=1.1&ep=dev&lt=86400&b=U`, SERVER_OBJECT)).toBe('2.01');
  expect(stage.taken()).toEqual(['replaced dev', 'registered dev']);
  expect(stage.server.statistics.registrations).toBe(1);
  device.location = before;
  expect(await device.update()).toBe('4.04');
});

test('CONMGMT-1.1-int-1250: an Update tells of an Object Instance that was created', async () => {
  const { stage, device, target } = await registered(86_400, '</1/0>,</3/0>,</10/0>,</11/0>');
  const created = target.create('/11', [], { contentFormat: 11_542 });
  await performed(device, created, 'CON POST 11', Code.CREATED);
  expect(await device.update('', '</1/0>,</3/0>,</10/0>,</11/0>,</11/1>')).toBe('2.04');
  expect(stage.server.registration('dev')?.instances.get(11)).toEqual([0, 1]);
  await performed(device, target.write('/11/1/1', 'apn'), 'CON PUT 11/1/1');
});

test('CONMGMT-1.1-int-1350: an Update from another address keeps the registration, and the device is reached there', async () => {
  const { stage, device, target } = await registered(86_400, '</1/0>,</3/0>,</13/0>');
  const { registrationId } = stage.server.registration('dev') ?? {};
  device.peer.rebind('192.0.2.77', 61_000);
  expect(await device.update()).toBe('2.04');
  expect(stage.taken()).toEqual(['updated dev']);
  expect(stage.server.registration('dev')).toMatchObject({
    registrationId,
    address: { host: '192.0.2.77', port: 61_000 },
  });
  await performed(device, target.execute('/1/0/8'), 'CON POST 1/0/8');
});
