import { CoapError } from '@flownexus/coap';
import { ContentFormat } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { treeOf, world, type World } from './world.ts';

const REGISTER = 'POST /rd?lwm2m=1.1&ep=device&lt=300&b=U&Q';

function device(options: Parameters<typeof world>[0] = {}): Promise<World> {
  const objects = treeOf({ '/1/0/1': 300, '/1/0/7': 'U', '/3/0/9': 95, '/3303/0/5700': 21 });
  return world({ objects, lifetime: 300, queueMode: { awakeTimeMs: 20_000 }, ...options });
}

test('a device sleeps when nothing was said for its awake time', async () => {
  const { server, client, get } = await device();
  expect(server.requests).toEqual([REGISTER]);
  await server.clock.advanceAsync(15_000);
  expect((await get('/3/0/9')).code).toBe('2.05'); // the window begins anew
  await server.clock.advanceAsync(19_000);
  expect(client.asleep).toBe(false);
  await server.clock.advanceAsync(1_100);
  expect(client.asleep).toBe(true);
  await expect(get('/3/0/9')).rejects.toThrow(CoapError);
});

test('by default it listens for MAX_TRANSMIT_WAIT', async () => {
  const { server, client } = await device({ queueMode: true });
  await server.clock.advanceAsync(92_900);
  expect(client.asleep).toBe(false);
  await server.clock.advanceAsync(200);
  expect(client.asleep).toBe(true);
});

test('it is awake again for its Update', async () => {
  const { server, client, get } = await device();
  await server.clock.advanceAsync(279_900);
  expect(client.asleep).toBe(true);
  await server.clock.advanceAsync(200);
  expect(client.asleep).toBe(false);
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1']);
  expect((await get('/3/0/9')).code).toBe('2.05');
  await server.clock.advanceAsync(21_000);
  expect(client.asleep).toBe(true);
});

test('the application wakes it', async () => {
  const { server, client } = await device();
  await server.clock.runUntil(client.wake()); // it is awake
  expect(server.requests).toHaveLength(1);
  await server.clock.advanceAsync(25_000);
  await server.clock.runUntil(Promise.all([client.wake(), client.wake()]));
  expect(client.asleep).toBe(false);
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1']);
});

test('a notification waits for the Update', async () => {
  const { server, client, observe, tree, outcomes } = await device();
  const heard: string[] = [];
  await observe('/3303/0/5700', { onNotification: () => void heard.push(`notified after ${server.requests.at(-1)}`) });
  await server.clock.advanceAsync(25_000);
  expect(client.asleep).toBe(true);
  tree.set('/3303/0/5700', 22);
  tree.set('/3303/0/5700', 23);
  await server.clock.advanceAsync(1_000);
  expect(heard).toEqual(['notified after POST /rd/r1']);
  expect(outcomes).toHaveLength(1);
});

test('a Send waits for the Update', async () => {
  const { server, client } = await device();
  await server.clock.advanceAsync(25_000);
  await server.clock.runUntil(client.send(['/3303/0/5700']));
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1', 'POST /dp']);
});

test('it does not sleep while it waits for an answer', async () => {
  const { server, client } = await device();
  await server.clock.advanceAsync(15_000);
  server.network.rule = () => 'drop';
  const update = client.update();
  // The retransmissions come at ever greater distances: the last is followed by 32 s of silence at least.
  await server.clock.advanceAsync(60_000);
  expect(client.asleep).toBe(false);
  server.network.rule = () => 'deliver';
  await server.clock.runUntil(update);
  await server.clock.advanceAsync(25_000);
  expect(client.asleep).toBe(true);
});

test('what wakes up by registering has no observations any more', async () => {
  const { server, client, observe } = await device({ queueMode: { awakeTimeMs: 20_000, onWake: 'register' } });
  await observe('/3303/0/5700');
  await server.clock.advanceAsync(25_000);
  expect([client.asleep, client.observations]).toEqual([true, 0]);
  await server.clock.advanceAsync(260_000);
  expect(server.requests).toEqual([REGISTER, REGISTER]);
  expect(client.registrationId).toBe('r2');
});

test('a binding with Q turns queue mode on, and without it off (ETS 108)', async () => {
  const { server, client, put } = await device({ queueMode: false });
  expect(server.requests).toEqual(['POST /rd?lwm2m=1.1&ep=device&lt=300&b=U']);
  await put('/1/0/7', 'UQ', ContentFormat.TEXT);
  await server.clock.advanceAsync(100);
  expect(server.requests.at(-1)).toBe('POST /rd/r1?b=U&Q');
  await server.clock.advanceAsync(94_000);
  expect(client.asleep).toBe(true);
  await server.clock.runUntil(client.wake());
  await put('/1/0/7', 'U', ContentFormat.TEXT);
  await server.clock.advanceAsync(100_000);
  expect(server.requests.at(-1)).toBe('POST /rd/r1?b=U');
  expect(client.asleep).toBe(false);
});

test('nothing of queue mode is left when the client is closed', async () => {
  const { server, client } = await device();
  await server.clock.advanceAsync(5_000);
  await server.clock.runUntil(client.close());
  await server.coap.close();
  expect(server.clock.pendingTimers).toBe(0);
});
