import { describe, expect, test } from 'vitest';
import { Code } from '@flownexus/coap';
import { overTransport, type Lwm2mServerOptions, type StoredObservation } from '../../src/index.ts';
import { memoryHost } from '../restarting-stores.ts';
import { RestartingServer } from '../restarting-server.ts';
import { SERVER, type ScriptedDevice } from '../scripted-device.ts';
import { accept, acceptComposite, inFull, senml } from './observing-device.ts';

const REGISTER = 'lwm2m=1.2&ep=dev&lt=86400&b=U';

interface Conversation {
  readonly restarting: RestartingServer;
  readonly device: ScriptedDevice;
  readonly stored: () => Promise<readonly StoredObservation[]>;
}

async function running(options: Partial<Lwm2mServerOptions>): Promise<Conversation> {
  const host = memoryHost();
  const restarting = await RestartingServer.start(host, 'coap', options);
  const device = await restarting.device();
  expect(await device.register(REGISTER)).toBe('2.01');
  return { restarting, device, stored: async () => [...(await host.stores.observations.load())] };
}

describe('an observation of several paths', () => {
  const PATHS = ['/3/0/9', '/1/0/1'];
  const policy = { paths: PATHS, attributes: { pmax: 60 } };

  test('goes on: its notifications are decoded from the root, and it is cancelled as it was asked for', async () => {
    const { restarting, device } = await running({ observe: [policy] });
    const token = await acceptComposite(
      device,
      { '/3/0/9': 1 },
      'CON FETCH observe=0 accept=112 pmax=60 112[/3/0/9 /1/0/1]',
    );
    await restarting.settle();
    await restarting.crash();
    await restarting.start();
    device.notify(token, 1, senml({ '/3/0/9': 2, '/1/0/1': 60 }), { contentFormat: 112 });
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(restarting.taken()).toEqual(['notification / 2 60']);
    expect(await device.update()).toBe('2.04');
    expect(await device.received()).toEqual([]);
    restarting.server.setPolicies([]);
    const cancel = await device.one();
    expect(inFull(cancel)).toBe('CON FETCH observe=1 accept=112 pmax=60 112[/3/0/9 /1/0/1]');
    expect(cancel.token).toEqual(token);
    await restarting.stop();
  });

  test('in another order of the policy is the same, and stays in its own', async () => {
    const { restarting, device, stored } = await running({ observe: [policy] });
    const token = await acceptComposite(device, { '/3/0/9': 1 });
    await restarting.settle();
    await restarting.stop();
    await restarting.start({ observe: [{ ...policy, paths: PATHS.toReversed() }] });
    device.notify(token, 1, senml({ '/3/0/9': 2 }), { contentFormat: 112 });
    expect(inFull(await device.one())).toBe('ACK empty');
    expect(await stored()).toMatchObject([{ paths: PATHS, established: { token } }]);
    expect(await device.deregister()).toBe('2.02');
    expect(await stored()).toEqual([]);
    await restarting.stop();
  });
});

test('an observation that policies want with other attributes now is asked for anew when the device is heard', async () => {
  const { restarting, device } = await running({ observe: [{ path: '/3/0/9' }] });
  const token = await accept(device, '1');
  await restarting.settle();
  await restarting.stop();
  await restarting.start({ observe: [{ path: '/3/0/9', attributes: { pmin: 30 } }] });
  await restarting.settle();
  expect(await device.received()).toEqual([]);
  device.notify(token, 1, '2');
  const [ack, cancel] = await device.received();
  expect(ack && inFull(ack)).toBe('ACK empty');
  expect(cancel && inFull(cancel)).toBe('CON GET 3/0/9 observe=1 accept=112');
  if (cancel !== undefined) device.answer(cancel, Code.CONTENT, { contentFormat: 0, payload: '2' });
  await accept(device, '3', 'CON GET 3/0/9 observe=0 accept=112 pmin=30');
  await restarting.settle();
  expect(restarting.taken()).toEqual(['notification /3/0/9 2', 'initial /3/0/9 3']);
  await restarting.stop();
});

test('a policy that is new is asked for when the device is heard', async () => {
  const { restarting, device } = await running({ observe: [{ path: '/3/0/9' }] });
  await accept(device, '1');
  await restarting.settle();
  await restarting.stop();
  await restarting.start({ observe: [{ path: '/3/0/9' }, { path: '/1/0/1' }] });
  await restarting.settle();
  expect(await device.received()).toEqual([]);
  expect(await device.update()).toBe('2.04');
  expect((await device.received()).map(inFull)).toEqual(['CON GET 1/0/1 observe=0 accept=112']);
  await restarting.stop();
});

test('what only a caller observed is not known any more: the device is told to forget', async () => {
  const { restarting, device, stored } = await running({});
  restarting.server.device('dev').observe('/3/0/9');
  const token = await accept(device, '1');
  await restarting.settle();
  expect(await stored()).toEqual([]);
  await restarting.crash();
  await restarting.start();
  device.notify(token, 1, '2');
  expect(inFull(await device.one())).toBe('RST empty');
  await restarting.stop();
});

test('what a device ended meanwhile to the knowledge of the server is not taken up', async () => {
  const { restarting, device, stored } = await running({ observe: [{ path: '/3/0/9' }] });
  const token = await accept(device, '1');
  await restarting.settle();
  device.notify(token, undefined, '', { code: Code.NOT_FOUND });
  await device.ignore();
  expect(await stored()).toEqual([]);
  await restarting.crash();
  await restarting.start();
  expect(restarting.server.statistics.observations).toBe(1); // waits for the device to be heard
  expect(await device.update()).toBe('2.04');
  expect((await device.received()).map(inFull)).toEqual(['CON GET 3/0/9 observe=0 accept=112']);
  await restarting.stop();
});

test('what is kept for an endpoint that is not registered waits for its Register', async () => {
  const { restarting, device, stored } = await running({});
  const performed = restarting.server.device('dev').perform({ kind: 'observe', path: '/3/0/9' });
  await accept(device, '1');
  await restarting.until(performed);
  expect(await device.deregister()).toBe('2.02');
  await restarting.stop();
  await restarting.start();
  expect(await stored()).toMatchObject([{ kept: true, established: undefined }]);
  expect(await device.register(REGISTER)).toBe('2.01');
  expect((await device.received()).map(inFull)).toEqual(['CON GET 3/0/9 observe=0 accept=112']);
  await restarting.stop();
});

test('an observation without its registration is over: kept ones wait, others are forgotten', async () => {
  const { restarting, device, stored } = await running({ observe: [{ path: '/1/0/1' }] });
  await accept(device, '60');
  await restarting.settle();
  const performed = restarting.server.device('dev').perform({ kind: 'observe', path: '/3/0/9' });
  const token = await accept(device, '1');
  await restarting.until(performed);
  await restarting.stop();
  const { registrations } = restarting.host.stores;
  for (const { registration } of await registrations.load()) {
    await registrations.remove('dev', registration.registrationId);
  }
  await restarting.start();
  expect(await stored()).toMatchObject([{ paths: ['/3/0/9'], kept: true, established: undefined }]);
  device.notify(token, 1, '2');
  expect(inFull(await device.one())).toBe('RST empty');
  await restarting.stop();
});

test('a store that has what is no observation harms nothing else', async () => {
  const { restarting, device } = await running({ observe: [{ path: '/3/0/9' }] });
  const token = await accept(device, '1');
  await restarting.settle();
  const [one] = [...(await restarting.host.stores.observations.load())];
  if (one !== undefined) await restarting.host.stores.observations.save({ ...one, paths: ['/x'] });
  await restarting.stop();
  await restarting.start();
  expect(restarting.taken()).toEqual([
    expect.stringMatching(/^error: the store has an observation of dev that is none/),
  ]);
  device.notify(token, 1, '2');
  expect(inFull(await device.one())).toBe('ACK empty');
  await restarting.stop();
});

test('what was established for another registration is not taken up, and asked for anew', async () => {
  const { restarting, device, stored } = await running({ observe: [{ path: '/3/0/9' }] });
  const token = await accept(device, '1');
  await restarting.settle();
  const [one] = await stored();
  const established = { registrationId: 'another', token };
  if (one !== undefined) await restarting.host.stores.observations.save({ ...one, established });
  await restarting.stop();
  await restarting.start();
  expect(await stored()).toEqual([]);
  device.notify(token, 1, '2');
  expect(inFull(await device.one())).toBe('RST empty');
  expect(await device.update()).toBe('2.04');
  await accept(device, '3', 'CON GET 3/0/9 observe=0 accept=112');
  await restarting.stop();
});

test('what is not wanted any more is not kept any longer', async () => {
  const { restarting, device, stored } = await running({ observe: [{ path: '/3/0/9' }] });
  await accept(device, '1');
  await restarting.settle();
  await restarting.stop();
  await restarting.start({ observe: [] });
  expect(await stored()).toEqual([]);
  await restarting.stop();
});

test('of two observations with one token the second is not taken up, which is said', async () => {
  const { restarting, device, stored } = await running({ observe: [{ path: '/3/0/9' }, { path: '/1/0/1' }] });
  const token = await accept(device, '1', 'CON GET 3/0/9 observe=0 accept=112');
  await accept(device, '60', 'CON GET 1/0/1 observe=0 accept=112');
  await restarting.settle();
  const second = (await stored()).find(({ paths }) => paths[0] === '/1/0/1');
  if (second?.established !== undefined) {
    const established = { ...second.established, token };
    await restarting.host.stores.observations.save({ ...second, established });
  }
  await restarting.stop();
  await restarting.start();
  expect(restarting.taken()).toEqual([
    expect.stringMatching(/^error: the observation of \/1\/0\/1 on dev could not be taken up: RangeError/),
  ]);
  device.notify(token, 1, '2');
  const [ack, request] = await device.received();
  expect(ack && inFull(ack)).toBe('ACK empty');
  expect(request && inFull(request)).toBe('CON GET 1/0/1 observe=0 accept=112');
  await restarting.stop();
});

test('a server that can not start leaves what is stored', async () => {
  const { restarting, device, stored } = await running({ observe: [{ path: '/3/0/9' }] });
  const token = await accept(device, '1');
  await restarting.settle();
  await restarting.stop();
  const endpoints = [
    overTransport(restarting.network.transport({ ...SERVER, scheme: 'coap' })),
    overTransport(restarting.network.transport({ ...SERVER, scheme: 'coap' })), // the port is taken
  ];
  await expect(restarting.start({ endpoints })).rejects.toThrow();
  expect(await stored()).toMatchObject([{ established: { token } }]);
  await restarting.start();
  device.notify(token, 1, '2');
  expect(inFull(await device.one())).toBe('ACK empty');
  await restarting.stop();
});
