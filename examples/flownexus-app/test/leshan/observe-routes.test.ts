import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { LeshanObservations } from '../../src/leshan/observations.ts';
import { pino } from 'pino';
import { LeshanHost } from './leshan-host.ts';

const VALUE = { status: 'CONTENT(205)', valid: true, success: true, failure: false };

test('Observe answers with the value, and each later one is an event', async () => {
  const host = await LeshanHost.start();
  const client = await host.device('dev');
  const events = await host.events('?dev');
  // A body of an empty string, as the client of Zephyr's suite has it.
  expect(await host.json('POST', '/clients/dev/3/0/9/observe?timeout=10&format=TLV', '""')).toEqual({
    ...VALUE,
    content: { kind: 'singleResource', id: 9, type: 'INTEGER', value: '95' },
  });
  client.objects.set('/3/0/9', 80);
  expect(await events.next('NOTIFICATION')).toEqual({
    ep: 'dev',
    kind: 'single',
    res: '/3/0/9',
    val: { kind: 'singleResource', id: 9, type: 'INTEGER', value: '80' },
  });
  // The first value is no event.
  expect(events.taken()).toEqual([]);
});

test('an active cancellation gives the answer of the device; then there is none to cancel', async () => {
  const host = await LeshanHost.start();
  const client = await host.device('dev');
  await host.json('POST', '/clients/dev/3/0/9/observe?format=TLV', '""');
  client.objects.set('/3/0/9', 80);
  expect(await host.json('DELETE', '/clients/dev/3/0/9/observe?active')).toEqual({
    ...VALUE,
    content: { kind: 'singleResource', id: 9, type: 'INTEGER', value: '80' },
  });
  expect(client.observations).toBe(0);
  for (const query of ['', '?active']) {
    const { status, text } = await host.call('DELETE', `/clients/dev/3/0/9/observe${query}`);
    expect([status, text]).toEqual([404, 'no observation for path /3/0/9']);
  }
});

test('after a passive cancellation the next notification is answered with a Reset', async () => {
  const host = await LeshanHost.start();
  const client = await host.device('dev');
  const events = await host.events();
  await host.json('POST', '/clients/dev/3/0/9/observe', '""');
  const { status, text } = await host.call('DELETE', '/clients/dev/3/0/9/observe');
  expect([status, text]).toEqual([200, '']);
  expect(client.observations).toBe(1);
  const before = host.server.statistics.coap.resetsSent;
  client.objects.set('/3/0/9', 80);
  await expect.poll(() => host.server.statistics.coap.resetsSent - before).toBe(1);
  await expect.poll(() => client.observations).toBe(0);
  expect(events.taken()).toEqual([]);
});

test('what is observed again goes on as one observation', async () => {
  const host = await LeshanHost.start();
  const client = await host.device('dev');
  const events = await host.events();
  await host.json('POST', '/clients/dev/3/0/9/observe', '""');
  client.objects.set('/3/0/9', 80);
  await events.next('NOTIFICATION');
  expect(await host.json('POST', '/clients/dev/3/0/9/observe', '""')).toMatchObject({ content: { value: '80' } });
  client.objects.set('/3/0/9', 70);
  expect(await events.next('NOTIFICATION')).toMatchObject({ val: { value: '70' } });
  await host.json('DELETE', '/clients/dev/3/0/9/observe?active');
  expect(client.observations).toBe(0);
});

test('Observe-Composite, its events, and its end by the same list in the same order', async () => {
  const host = await LeshanHost.start();
  const client = await host.device('dev');
  const events = await host.events();
  const query = 'pathformat=SENML_CBOR&nodeformat=SENML_CBOR&timeout=10&paths=/1/0/1,/3/0/9,/9';
  expect(await host.json('POST', `/clients/dev/composite/observe?${query}`)).toEqual({
    ...VALUE,
    content: {
      '/1/0/1': { kind: 'singleResource', id: 1, type: 'INTEGER', value: '300' },
      '/3/0/9': { kind: 'singleResource', id: 9, type: 'INTEGER', value: '95' },
    },
  });
  client.objects.set('/3/0/9', 80);
  expect(await events.next('NOTIFICATION')).toMatchObject({
    ep: 'dev',
    kind: 'composite',
    paths: ['/1/0/1', '/3/0/9', '/9'],
    val: { '/1/0/1': { value: '300' }, '/3/0/9': { value: '80' } },
  });
  const other = await host.call('DELETE', '/clients/dev/composite/observe?paths=/3/0/9,/1/0/1,/9&active');
  expect([other.status, other.text]).toEqual([404, 'no observation for path /3/0/9,/1/0/1,/9']);
  expect(client.observations).toBe(1);
  expect(await host.json('DELETE', '/clients/dev/composite/observe?paths=/1/0/1,/3/0/9,/9&active')).toMatchObject({
    ...VALUE,
    content: { '/3/0/9': { value: '80' } },
  });
  expect(client.observations).toBe(0);
});

test('a passive end of an Observe-Composite', async () => {
  const host = await LeshanHost.start();
  const client = await host.device('dev');
  await host.json('POST', '/clients/dev/composite/observe?paths=/1/0/1,/3/0/9');
  const { status, text } = await host.call('DELETE', '/clients/dev/composite/observe?paths=/1/0/1,/3/0/9');
  expect([status, text]).toEqual([200, '']);
  client.objects.set('/3/0/9', 80);
  await expect.poll(() => client.observations).toBe(0);
});

test('what a device refuses is not observed', async () => {
  const host = await LeshanHost.start();
  await host.device('dev');
  expect(await host.json('POST', '/clients/dev/3/0/99/observe')).toMatchObject({ status: 'NOT_FOUND(404)' });
  expect((await host.call('DELETE', '/clients/dev/3/0/99/observe')).status).toBe(404);
});

test('observations end with the registration', async () => {
  const host = await LeshanHost.start();
  const client = await host.device('dev');
  await host.json('POST', '/clients/dev/3/0/9/observe');
  const before = host.server.registration('dev')?.registrationId;
  await client.reboot();
  await expect.poll(() => host.server.registration('dev')?.registrationId).not.toBe(before);
  expect((await host.call('DELETE', '/clients/dev/3/0/9/observe')).status).toBe(404);
});

test.each([
  ['/clients/dev/x/observe', 400],
  ['/clients/dev/composite/observe', 400],
  ['/clients/dev/composite/observe?paths=/x', 400],
  ['/clients/nobody/3/observe', 400],
])('POST and DELETE %s are %i', async (path, status) => {
  const host = await LeshanHost.start();
  await host.device('dev');
  expect((await host.call('POST', path)).status).toBe(status);
  expect((await host.call('DELETE', path)).status).toBe(status);
});

test('they are as many as may be', async () => {
  const observations = new LeshanObservations(pino({ level: 'silent' }));
  const host = await LeshanHost.start();
  await host.device('dev');
  const observation = host.server.device('dev').observe('/3/0/9');
  await observation.established;
  for (let index = 0; index < limits.leshanObservations; index += 1) {
    observations.add('dev', { paths: [`/3/0/${String(index)}`], composite: false }, observation);
  }
  expect(() => observations.checkPlaceFor('dev', { paths: ['/3/0/1'], composite: false })).not.toThrow();
  expect(() => observations.checkPlaceFor('dev', { paths: ['/3/0/1'], composite: true })).toThrow('as many');
  await observation.cancel({ passive: true });
  await expect.poll(() => observations.size).toBe(0);
});
