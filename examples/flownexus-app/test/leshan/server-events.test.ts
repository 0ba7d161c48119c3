import { expect, test, vi } from 'vitest';
import { limits } from '../../src/limits.ts';
import { EventReader, LeshanHost } from './leshan-host.ts';

test('a registration, its Update and its end', async () => {
  const host = await LeshanHost.start();
  const events = await host.events();
  const client = await host.device('dev');
  const registered = await events.next('REGISTRATION');
  expect(registered).toEqual(await host.json('GET', '/clients/dev'));
  client.objects.set('/3303/1/5700', 1);
  await client.update();
  const updated = await events.next('UPDATED');
  expect(updated).toMatchObject({
    registration: { endpoint: 'dev', availableInstances: { 3303: [0, 1] } },
    update: { registrationId: client.registrationId, secure: false, additionalAttributes: {}, alternatePath: '/' },
  });
  expect(Object.keys(updated['update'] as object)).not.toContain('lifetime');
  await client.stop();
  expect(await events.next('DEREGISTRATION')).toMatchObject({ endpoint: 'dev' });
});

test('what a device sends has the newest values by their Resources', async () => {
  const host = await LeshanHost.start();
  const client = await host.device('dev', {}, (objects) => {
    objects.set('/19/0/0', new Map([[0, new Uint8Array([0, 255])]]));
  });
  const events = await host.events();
  await client.send(['/19/0', '/3303/0/5700']);
  expect(await events.next('SEND')).toEqual({
    ep: 'dev',
    val: {
      '/19/0/0': { kind: 'multiResource', id: 0, type: 'OPAQUE', values: { 0: '00ff' } },
      '/3303/0/5700': { kind: 'singleResource', id: 5700, type: 'FLOAT', value: 22.5 },
    },
  });
});

test('one in queue mode falls asleep and wakes', async () => {
  const host = await LeshanHost.start({}, { awakeTimeMs: 100 });
  const events = await host.events();
  const client = await host.device('dev', { queueMode: { awakeTimeMs: 2_000 } });
  expect(await events.next('SLEEPING')).toEqual({ ep: 'dev' });
  await client.update();
  expect(await events.next('AWAKE')).toEqual({ ep: 'dev' });
});

test('a stream of one endpoint has its events alone, and its messages', async () => {
  const host = await LeshanHost.start();
  const ofDev = await host.events('?ep=dev');
  const unnamed = await host.events('?dev');
  const twice = await host.events('?ep=dev');
  await host.device('other');
  const client = await host.device('dev');
  expect(await ofDev.next('COAPLOG')).toMatchObject({
    incoming: true,
    type: 'CON',
    code: 'POST',
    mId: expect.any(Number) as number,
    token: expect.stringMatching(/^[0-9a-f]+$/) as string,
    options: expect.stringMatching(
      /^Uri-Path: "rd" - Content-Format: 40 - Uri-Query: "lwm2m=1.1", "ep=dev", "lt=300"/,
    ) as string,
    payload: expect.stringMatching(/^<\/>;ct=112,<\/1\/0>/) as string,
    ep: 'dev',
  });
  const answer = await ofDev.next('COAPLOG');
  expect(answer).toMatchObject({ incoming: false, type: 'ACK', code: '2.01' });
  expect(answer['payload']).toBe(undefined);
  expect(await ofDev.next('REGISTRATION')).toMatchObject({ endpoint: 'dev' });
  expect(await twice.next('REGISTRATION')).toMatchObject({ endpoint: 'dev' });
  await client.stop();
  await unnamed.next('DEREGISTRATION');
  expect(unnamed.taken()).toEqual([]);
  ofDev.close();
  await expect.poll(() => ofDev.closed).toBe(true);
});

test('messages with a payload of bytes, and of nobody that looks no more', async () => {
  const host = await LeshanHost.start();
  await host.device('dev');
  const trace = vi.spyOn(host.server, 'trace');
  const events = await host.events('?ep=dev');
  await host.json('GET', '/clients/dev/3/0/9?format=TLV');
  await events.next('COAPLOG');
  expect(await events.next('COAPLOG')).toMatchObject({ code: '2.05', payload: 'Hex:c1095f' });
  const other = await host.events('?ep=dev');
  expect(trace).toHaveBeenCalledTimes(1);
  other.close();
  events.close();
  const off = vi.spyOn(host.server, 'off');
  await expect.poll(() => off.mock.calls.length).toBe(6);
});

test('a stream beats, and is refused where there are too many', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const host = await LeshanHost.start();
    const events = await host.events();
    vi.advanceTimersByTime(2 * limits.leshanHeartbeatMs);
    await expect.poll(() => events.beats).toBe(2);
    const others: EventReader[] = [];
    for (let count = 1; count < limits.streamClients; count += 1) others.push(await host.events());
    const refused = await host.call('GET', '/event', undefined, { accept: 'text/event-stream' });
    expect([refused.status, refused.text]).toEqual([503, 'too many event streams are open']);
    others[0]?.close();
    await expect.poll(async () => {
      const next = await EventReader.open(host.url, '');
      return next.status;
    }).toBe(200); // prettier-ignore
    expect(limits.leshanHeartbeatMs).toBeLessThanOrEqual(5_000);
  } finally {
    vi.useRealTimers();
  }
});

test('a stream ends with the right to it', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const admitted = new Set(['read', 'operate']);
    const host = await LeshanHost.start({
      admit: (_, permission) => {
        if (!admitted.has(permission)) throw new Error('the session has ended');
      },
    });
    const [all, ofOne] = [await host.events(), await host.events('?ep=dev')];
    admitted.delete('operate');
    vi.advanceTimersByTime(limits.leshanHeartbeatMs);
    await expect.poll(() => ofOne.closed).toBe(true);
    vi.advanceTimersByTime(limits.leshanHeartbeatMs);
    await expect.poll(() => all.beats).toBe(2);
    expect(all.closed).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

test('who does not take event streams is told so', async () => {
  const host = await LeshanHost.start();
  const { status, text } = await host.call('GET', '/event', undefined, { accept: 'application/json' });
  expect([status, text]).toEqual([406, 'events come as text/event-stream']);
  const head = await host.call('HEAD', '/event');
  expect([head.status, head.headers['content-type']]).toEqual([200, 'text/event-stream;charset=utf-8']);
});

test('as many endpoints are traced as the server may', async () => {
  const host = await LeshanHost.start();
  for (let index = 0; index < 100; index += 1) host.server.trace(`ep${String(index)}`, () => undefined);
  const { status, text } = await host.call('GET', '/event?ep=dev');
  expect([status, text]).toEqual([503, 'too many endpoints are traced']);
});
