import { Code, type CoapMessage, formatCode, MessageType, OptionNumber, uintOption } from '@flownexus/coap';
import { encodeSenmlCbor } from '@flownexus/senml';
import { expect, test, vi } from 'vitest';
import type { RawDevice } from '../support/raw-device.ts';
import { pathOf } from '../support/raw-device.ts';
import { sharedBlackBox, soon } from './black-box.ts';

const app = sharedBlackBox();
const SENML_CBOR = 112;
const NEW_YEAR = Date.UTC(2026, 0, 1) / 1000;
const at = (seconds: number): string => new Date((NEW_YEAR + seconds) * 1000).toISOString();

/** The first request that is as wanted; all others are answered 4.04. */
async function requestLike(device: RawDevice, wanted: (request: CoapMessage) => boolean): Promise<CoapMessage> {
  for (;;) {
    const request = await device.request();
    if (wanted(request)) return request;
    device.answer(request, { code: Code.NOT_FOUND });
  }
}

test('a composite notification of three Resources is one event of three, each with its own time', async () => {
  const box = app();
  const device = await box.rawDevice();
  await device.register('composite', {}, '</10300/0>');
  const fetch = await requestLike(device, ({ code }) => formatCode(code) === '0.05');
  device.answer(fetch, {
    code: Code.CONTENT,
    options: { observe: 1, contentFormat: SENML_CBOR },
    payload: encodeSenmlCbor([]),
  });
  const payload = encodeSenmlCbor([
    { bn: '/10300/0/', n: '1', t: NEW_YEAR, v: 1 },
    { n: '2', t: NEW_YEAR + 1, v: 2 },
    { n: '3', t: NEW_YEAR + 2, v: 3 },
  ]);
  const notification = { code: Code.CONTENT, options: { observe: 2, contentFormat: SENML_CBOR }, payload };
  expect(await device.send(notification, fetch.token)).toMatchObject({ type: MessageType.ACK });
  const { items } = await box.get<{ items: { id: number }[] }>('/api/v1/events?endpoint=composite');
  expect(items).toMatchObject([{ type: '10300', endpoint: 'composite', source: 'composite', severity: 'info' }]);
  const event = await box.get<{ values: object[] }>(`/api/v1/events/${String(items[0]?.id)}`);
  expect(event.values).toMatchObject([
    { path: '/10300/0/1', value: 1, timeDevice: at(0) },
    { path: '/10300/0/2', value: 2, timeDevice: at(1) },
    { path: '/10300/0/3', value: 3, timeDevice: at(2) },
  ]);
});

test('a Send with two times is stored under the times of the device', async () => {
  const box = app();
  const device = await box.rawDevice();
  await device.register('sender', {}, '</3303/0>');
  const payload = encodeSenmlCbor([
    { bn: '/3303/0/5700', t: NEW_YEAR, v: 20.5 },
    { t: NEW_YEAR + 60, v: 21.5 },
  ]);
  const send = { code: Code.POST, options: { path: ['dp'], contentFormat: SENML_CBOR }, payload };
  expect(await device.send(send)).toMatchObject({ code: Code.CHANGED });
  expect(await box.values('sender', '/3303/0/5700')).toMatchObject([
    { value: 20.5, time: at(0), timeDevice: at(0), source: 'send' },
    { value: 21.5, time: at(60), timeDevice: at(60), source: 'send' },
  ]);
});

test('an observation policy reaches the device with its attributes, and is cancelled when it goes', async () => {
  const box = app();
  const device = await box.rawDevice();
  await device.register('observed', {}, '</3305/0>');
  const policy = { path: '/3305/0/5800', attributes: { pmin: 5, pmax: 60 } };
  const created = await box.call('POST', '/api/v1/observation-policies', policy);
  expect(created, created.text).toMatchObject({ status: 201 });
  const attributes = await requestLike(device, ({ code }) => code === Code.PUT);
  expect(pathOf(attributes)).toBe('/3305/0/5800');
  const query = attributes.options.filter(({ number }) => number === OptionNumber.URI_QUERY).map(({ value }) => Buffer.from(value).toString()); // prettier-ignore
  expect(query.sort()).toEqual(['pmax=60', 'pmin=5']);
  device.answer(attributes, { code: Code.CHANGED });
  const observe = await requestLike(device, (request) => pathOf(request) === '/3305/0/5800');
  expect(uintOption(observe.options, OptionNumber.OBSERVE)).toBe(0);
  device.answer(observe, { code: Code.CONTENT, options: { observe: 1, contentFormat: 0 }, payload: '230.5' });
  await box.valuesWhen('observed', '/3305/0/5800', 1);

  const { id } = created.body as { id: number };
  expect(await box.call('DELETE', `/api/v1/observation-policies/${String(id)}`)).toMatchObject({ status: 204 });
  const cancel = await requestLike(
    device,
    (request) => pathOf(request) === '/3305/0/5800' && request.code === Code.GET,
  );
  expect(uintOption(cancel.options, OptionNumber.OBSERVE)).toBe(1);
  device.answer(cancel, { code: Code.CONTENT, options: { contentFormat: 0 }, payload: '230.5' });
});

test('what waits for a device in queue mode is sent when it is heard: at an Update, and at a Send', async () => {
  const box = app();
  const device = await box.rawDevice();
  const location = await device.register('sleepy', { b: 'UQ' }, '</3/0>');
  await vi.waitFor(async () => expect(await box.endpoint('sleepy')).toMatchObject({ queueMode: true }), soon);
  const queue = async (value: string) => {
    const body = { kind: 'write', path: '/3/0/14', value };
    const queued = await box.call('POST', '/api/v1/endpoints/sleepy/operations', body);
    expect(queued.status, queued.text).toBe(202);
    return (queued.body as { id: string }).id;
  };
  const wake: Record<string, () => Promise<CoapMessage>> = {
    update: () => device.send({ code: Code.POST, options: { path: location } }),
    send: () => device.send({ code: Code.POST, options: { path: ['dp'], contentFormat: SENML_CBOR }, payload: encodeSenmlCbor([{ n: '/3303/0/5700', v: 1 }]) }), // prettier-ignore
  };
  for (const [how, heard] of Object.entries(wake)) {
    const id = await queue(how);
    await heard();
    const write = await device.requestFor('/3/0/14');
    device.answer(write, { code: Code.CHANGED });
    expect(await box.get(`/api/v1/operations/${id}?wait=10`)).toMatchObject({ state: 'CONFIRMED' });
  }
});
