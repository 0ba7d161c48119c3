import { Code, MessageType } from '@flownexus/coap';
import { expect, test, vi } from 'vitest';
import { SuiteClient } from '../leshan/suite-client.ts';
import { sharedBlackBox, soon } from './black-box.ts';

const app = sharedBlackBox({
  FLOWNEXUS_LESHAN_API: 'open',
  FLOWNEXUS_LESHAN_PORT: '0',
  FLOWNEXUS_LESHAN_BOOTSTRAP_PORT: '0',
});
const CONTENT = { status: 'CONTENT(205)', valid: true, success: true, failure: false };
const CHANGED = { status: 'CHANGED(204)', valid: true, success: true, failure: false };

/** The calls of Zephyr's suite to the port that is open. */
function leshan(): SuiteClient {
  const [url] = app().app.leshanUrls;
  if (url === undefined) throw new Error('the interface of Leshan is not open');
  return new SuiteClient(`${url}api`);
}

test('a Read and an Execute by the interface of Leshan', async () => {
  const box = app();
  await box.registered('reading');
  expect(await box.call('GET', '/api/clients/reading/3/0/0')).toMatchObject({
    status: 200,
    text: expect.stringContaining('"status":"CONTENT(205)"') as string,
    body: { ...CONTENT, content: { kind: 'singleResource', id: 0, type: 'STRING', value: 'Zephyr' } },
  });
  expect(await box.call('GET', '/api/clients/reading/3/0/0', undefined, {})).toMatchObject({ status: 401 });

  const device = await box.rawDevice();
  await device.register('executing', {}, '</3/0>');
  const answer = box.call('POST', '/api/clients/executing/3/0/4', "0='x'");
  const request = await device.requestFor('/3/0/4');
  expect(Buffer.from(request.payload).toString()).toBe("0='x'");
  device.answer(request, { code: Code.CHANGED });
  expect(await answer).toMatchObject({ status: 200, body: CHANGED });
});

test("the usual session of Leshan's page, on the port that is open", async () => {
  const box = app();
  const { objects } = await box.registered('session');
  objects.set('/16/0/0', new Map([[0, 'a']]));
  const client = leshan();
  expect(await client.registration('session')).toMatchObject({ endpoint: 'session', secure: false });
  expect(await client.read('session', '3/0/9')).toMatchObject({ ...CONTENT, content: { type: 'INTEGER', value: '95' } }); // prettier-ignore
  expect(await client.write('session', '3/0/14', ['+02:00', 'string'])).toEqual(CHANGED);
  expect(objects.content('/3/0/14')).toBe('+02:00');
  expect(await client.attributes('session', '3/0/9', 'pmin=1&pmax=200')).toEqual(CHANGED);
  expect(await client.discover('session', '3/0/9')).toMatchObject({ objectLinks: [{ url: '/3/0/9', attributes: { pmin: '1', pmax: '200' } }] }); // prettier-ignore
  expect(await client.attributes('session', '3/0/9', 'pmin&pmax')).toEqual(CHANGED);
  const texts = [{ id: 0, kind: 'multiResource', values: { 0: 'new' }, type: 'string' }];
  expect(await client.create('session', '16/1', texts)).toMatchObject({ status: 'CREATED(201)' });
  expect(await client.delete('session', '16/1')).toMatchObject({ status: 'DELETED(202)' });

  client.format = 'SENML_CBOR';
  expect(await client.compositeRead('session', ['3/0/0', '3/0/9'])).toMatchObject({ content: { '/3/0/0': { value: 'Zephyr' }, '/3/0/9': { value: '95' } } }); // prettier-ignore
  const nodes = { '/3/0/14': { id: 14, kind: 'singleResource', value: '+03:00', type: 'string' } };
  expect(await client.compositeWrite('session', nodes)).toEqual(CHANGED);
  expect(objects.content('/3/0/14')).toBe('+03:00');

  const events = await client.events('session');
  expect(await client.observe('session', '3/0/9')).toMatchObject({ content: { value: '95' } });
  objects.set('/3/0/9', 80);
  expect(await events.next('NOTIFICATION')).toMatchObject({ ep: 'session', res: '/3/0/9', val: { value: '80' } });
  expect(await client.cancel('session', '3/0/9')).toMatchObject(CONTENT);
  expect(await client.compositeObserve('session', ['3/0/9', '3/0/14'])).toMatchObject({ content: { '/3/0/9': { value: '80' } } }); // prettier-ignore
  expect(await client.cancelComposite('session', ['3/0/9', '3/0/14'])).toMatchObject(CONTENT);
});

test('after a passive cancel the next notification gets a Reset', async () => {
  const box = app();
  const device = await box.rawDevice();
  await device.register('passive', {}, '</3/0>');
  await vi.waitFor(async () => expect(await box.endpoint('passive')).toMatchObject({ registered: true }), soon);
  const observed = leshan().observe('passive', '3/0/9');
  const request = await device.requestFor('/3/0/9');
  device.answer(request, { code: Code.CONTENT, options: { observe: 1, contentFormat: 0 }, payload: '95' });
  expect(await observed).toMatchObject({ content: { value: '95' } });
  const notification = (number: number) => ({ code: Code.CONTENT, options: { observe: number, contentFormat: 0 }, payload: '90' }); // prettier-ignore
  expect(await device.send(notification(2), request.token)).toMatchObject({ type: MessageType.ACK });
  expect(await leshan().passiveCancel('passive', '3/0/9')).toBeNull();
  expect(await device.send(notification(3), request.token)).toMatchObject({ type: MessageType.RST });
});
