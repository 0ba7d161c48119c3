import { Code, type CoapMessage } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import { Lwm2mServerError, type DeviceCredential } from '../../src/index.ts';
import { limits } from '../../src/limits.ts';
import { memoryHost, sqliteHost, type StoreHost } from '../restarting-stores.ts';
import { RestartingServer } from '../restarting-server.ts';
import { inWords } from '../scripted-device.ts';
import { accept } from './observing-device.ts';

const REGISTER = 'lwm2m=1.1&ep=dev&lt=86400&b=U';
const wordsOf = (messages: readonly CoapMessage[]): string[] => messages.map(inWords);

describe('after a restart', () => {
  test('a device that has another address since, over plain CoAP, is found by its registration ID', async () => {
    const restarting = await RestartingServer.start(memoryHost(), 'coap', { observe: [{ path: '/3/0/9' }] });
    const device = await restarting.device();
    expect(await device.register(REGISTER)).toBe('2.01');
    await accept(device, '95');
    await restarting.settle();
    await restarting.stop();
    device.peer.rebind('192.0.2.77', 61_000);
    await restarting.start();
    expect(await device.update()).toBe('2.04');
    expect(restarting.server.registration('dev')).toMatchObject({ address: { host: '192.0.2.77', port: 61_000 } });
    // Its observation belongs to the address that it had.
    await accept(device, '96', 'CON GET 3/0/9 observe=0 accept=112');
    await restarting.settle();
    expect(restarting.taken()).toEqual(['updated dev', 'initial /3/0/9 96']);
    await restarting.stop();
  });

  test.each([
    ['memory', memoryHost],
    ['SQLite', sqliteHost],
  ])('values that a device sends are taken, over DTLS, with stores in %s', async (_name, host) => {
    const sent: unknown[] = [];
    const restarting = await RestartingServer.start(host(), 'coaps', {
      onSend: ({ registration, records }) => void sent.push(registration.endpointName, records[0]?.value),
    });
    const device = await restarting.device();
    expect(await device.register(REGISTER)).toBe('2.01');
    await restarting.crash();
    await restarting.start();
    device.report('[{"n":"/3303/0/5700","v":21.5}]', { contentFormat: 110 });
    expect(inWords(await device.one())).toBe('ACK 2.04');
    expect(sent).toEqual(['dev', 21.5]);
    expect(restarting.handshakes).toBe(0);
    await restarting.stop();
  });

  test('more observations than an endpoint may have are not all taken up, and the server starts', async () => {
    const restarting = await RestartingServer.start(memoryHost());
    const device = await restarting.device();
    const instances = Array.from({ length: limits.maxObservationsPerEndpoint + 1 }, (_, id) => `</3303/${id}>`);
    expect(await device.register(REGISTER, `</>;ct=112,${instances.join()}`)).toBe('2.01');
    const { registrationId = '' } = restarting.server.registration('dev') ?? {};
    const { observations } = restarting.host.stores;
    for (const [id] of instances.entries()) {
      await observations.save({
        endpointName: 'dev',
        paths: [`/3303/${id}/5700`],
        composite: false,
        attributes: undefined,
        contentFormat: undefined,
        accept: 112,
        kept: false,
        established: { registrationId, token: Uint8Array.of(id >> 8, id & 0xff) },
      });
    }
    await restarting.stop();
    await restarting.start({ observe: [{ path: '/3303/*/5700' }] });
    expect(restarting.server.statistics.observations).toBe(limits.maxObservationsPerEndpoint);
    await restarting.stop();
  });

  test('an observation that was queued is understood, and asked for again by the next Register', async () => {
    const restarting = await RestartingServer.start(sqliteHost());
    const device = await restarting.device();
    expect(await device.register(REGISTER)).toBe('2.01');
    const { operations } = restarting.server;
    const { id } = await restarting.until(operations.add('dev', { kind: 'observe', path: '/3303/0/5700' }));
    const token = await accept(device, '20');
    await restarting.until(operations.finished(id));
    await restarting.crash();
    await restarting.start();
    device.notify(token, 1, '21');
    expect(inWords(await device.one())).toBe('ACK empty');
    expect(restarting.taken()).toEqual(['notification /3303/0/5700 21']);
    expect(await device.register(REGISTER)).toBe('2.01');
    const again = await accept(device, '22', 'CON GET 3303/0/5700 observe=0 accept=112');
    await restarting.settle();
    await restarting.crash();
    await restarting.start();
    device.notify(token, 2, '23'); // of the registration before
    expect(inWords(await device.one())).toBe('RST empty');
    device.notify(again, 3, '24');
    expect(inWords(await device.one())).toBe('ACK empty');
    await restarting.stop();
  });

  test('what no policy wants any more is not taken up: the device is told to forget', async () => {
    const restarting = await RestartingServer.start(sqliteHost(), 'coap', { observe: [{ path: '/3303/0/5700' }] });
    const device = await restarting.device();
    expect(await device.register(REGISTER)).toBe('2.01');
    const token = await accept(device, '20');
    await restarting.settle();
    await restarting.stop();
    await restarting.start({ observe: [{ path: '/3/0/9' }] });
    device.notify(token, 1, '21');
    expect(inWords(await device.one())).toBe('RST empty');
    expect(await device.update()).toBe('2.04');
    expect(wordsOf(await device.received())).toEqual(['CON GET 3/0/9 observe=0 accept=112']);
    await restarting.stop();
  });

  test.each<[string, (host: StoreHost) => unknown]>([
    ['taken away', ({ stores }) => stores.credentials.delete('dev')],
    ['exchanged', ({ stores }) => stores.credentials.set('dev', other)],
  ])(
    'a device whose credential was %s while no server ran is nobody, also with its old association',
    async (_how, change) => {
      const restarting = await RestartingServer.start(sqliteHost(), 'coaps', { observe: [{ path: '/3303/0/5700' }] });
      const device = await restarting.device();
      expect(await device.register(REGISTER)).toBe('2.01');
      const token = await accept(device, '20');
      await restarting.settle();
      await restarting.stop();
      await restarting.until(Promise.resolve(change(restarting.host)));
      await restarting.start();
      await restarting.settle();
      expect(restarting.taken()).toEqual(['revoked dev']);
      device.notify(token, 1, '21');
      device.request(Code.POST, { path: device.location });
      expect(await device.received()).toEqual([]);
      await restarting.stop();
    },
  );
});

const other: DeviceCredential = { mode: 'psk', identity: 'another', key: Uint8Array.of(1, 2, 3) };

test('a Register that was not on the disk when the server crashed was not answered, and is when it comes again', async () => {
  const restarting = await RestartingServer.start(sqliteHost());
  const device = await restarting.device();
  const register = (): void => {
    const query = REGISTER.split('&');
    device.request(Code.POST, { path: ['rd'], query, contentFormat: 40, payload: '</3/0>' });
  };
  register();
  restarting.clock.advance(0); // it is there, and its transaction is open
  await restarting.crash();
  await restarting.settle();
  expect(await device.received()).toEqual([]);
  await restarting.start();
  expect(restarting.server.registration('dev')).toBeUndefined();
  register();
  expect(inWords(await device.one())).toBe('ACK 2.01');
  await restarting.stop();
});

test('a server whose stores can not be read does not start, and leaves nothing open', async () => {
  const host = memoryHost();
  const restarting = await RestartingServer.start(host);
  await restarting.stop();
  const broken = new Lwm2mServerError('ERR_LWM2M_SERVER_STORE', 'the disk is gone');
  for (const name of ['registrationStore', 'observationStore', 'operationStore'] as const) {
    const store = new Proxy({}, { get: () => () => Promise.reject(broken) });
    await expect(restarting.start({ [name]: store })).rejects.toBe(broken);
  }
  await restarting.start(); // the address is free
  await restarting.stop();
});
