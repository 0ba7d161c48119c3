import { Code } from '@flownexus/coap';
import { ContentFormat, encodeChanges, parsePath } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import type { Lwm2mClientOptions } from '../../src/client-options.ts';
import { limits } from '../../src/limits.ts';
import { encoded, registry, treeOf, world, type World } from './world.ts';

const REGISTER = 'POST /rd?lwm2m=1.1&ep=device&lt=60&b=U';

function device(options: Partial<Lwm2mClientOptions> = {}): Promise<World> {
  const objects = treeOf({
    '/1/0/0': 1,
    '/1/0/1': 60,
    '/1/0/5': 100,
    '/1/0/6': false,
    '/1/0/7': 'U',
    '/3/0/9': 95,
    '/3303/0/5700': 21,
  });
  return world({ objects, ...options });
}

test('the options go into the Server Object, which counts from then on', async () => {
  const { server, tree } = await device({ lifetime: 120, binding: 'UT' });
  expect(server.requests).toEqual(['POST /rd?lwm2m=1.1&ep=device&lt=120&b=UT']);
  expect([tree.content('/1/0/1'), tree.content('/1/0/7')]).toEqual([120, 'UT']);
});

test('a lifetime that the server writes is told in an Update, after the answer (ETS 102, 107)', async () => {
  const { server, put } = await device();
  expect((await put('/1/0/1', '120', ContentFormat.TEXT)).code).toBe('2.04');
  await server.clock.advanceAsync(10);
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1?lt=120']);
  await server.clock.advanceAsync(99_900);
  expect(server.requests).toHaveLength(2);
  await server.clock.advanceAsync(200);
  expect(server.requests.slice(2)).toEqual(['POST /rd/r1']);
});

test('one Update tells what was written together (ETS 230)', async () => {
  const { server, patch } = await device();
  const values = { '/1/0/1': 61, '/1/0/7': 'UT' };
  const changes = Object.entries(values).map(([path, value]) => {
    const type = typeof value === 'string' ? ('string' as const) : ('integer' as const);
    return { path: parsePath(path), type, value, time: undefined };
  });
  await patch(encodeChanges(changes, ContentFormat.SENML_CBOR, registry), ContentFormat.SENML_CBOR);
  await server.clock.advanceAsync(10);
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1?lt=61&b=UT']);
});

test('a lifetime that is written as it was is not told', async () => {
  const { server, put } = await device();
  await put('/1/0/1', '60', ContentFormat.TEXT);
  await server.clock.advanceAsync(10_000);
  expect(server.requests).toEqual([REGISTER]);
});

test('the Registration Update Trigger gets an Update without a word (ETS 104)', async () => {
  const { server, post } = await device();
  expect((await post('/1/0/8')).code).toBe('2.04');
  await server.clock.advanceAsync(10);
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1']);
});

test('a changed object list is told in one Update a moment later', async () => {
  const { server, tree, post } = await device();
  tree.addObject(16);
  await server.clock.advanceAsync(limits.listUpdateDelayMs + 10);
  expect(server.lists.at(-1)).toContain(',</16>');
  for (const id of [0, 1]) {
    await post('/16', encoded('/16', ContentFormat.TLV, { [`/16/${id}/0/0`]: 'x' }), ContentFormat.TLV);
  }
  await server.clock.advanceAsync(limits.listUpdateDelayMs + 10);
  expect(server.requests).toHaveLength(3);
  expect(server.lists.at(-1)).toContain(',</16/0>,</16/1>');
  tree.set('/3303/0/5701', 'Cel'); // a Resource is not listed
  tree.addInstance('/3303/1');
  tree.remove('/3303/1'); // nothing is to be told
  await server.clock.advanceAsync(10_000);
  expect(server.requests).toHaveLength(3);
});

test('Disable de-registers, and registers when its time is over (ETS 103)', async () => {
  const { server, post, client, observe, tree } = await device();
  await observe('/3303/0/5700');
  expect((await post('/1/0/4')).code).toBe('2.04');
  await server.clock.advanceAsync(10);
  expect(server.requests).toEqual([REGISTER, 'DELETE /rd/r1']);
  expect([client.registrationId, client.observations]).toEqual([undefined, 0]);
  tree.addObject(16);
  await expect(client.update()).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STATE' });
  await server.clock.advanceAsync(99_000);
  expect(server.requests).toHaveLength(2);
  await server.clock.advanceAsync(2_000);
  expect(server.requests.slice(2)).toEqual([REGISTER]);
});

test('Disable without an answer to the De-register is the same', async () => {
  const { server, post } = await device();
  let silent = false;
  server.network.rule = () => (silent ? 'drop' : 'deliver');
  await post('/1/0/4');
  silent = true;
  await server.clock.advanceAsync(limits.deregisterTimeoutMs + 1_000);
  silent = false;
  await server.clock.advanceAsync(100_000);
  expect(server.requests.at(-1)).toBe(REGISTER);
});

test('a reboot ends everything without a word, and registers anew (ETS 241)', async () => {
  let reboots = 0;
  const { server, post, client, observe, attributes, discover, tree } = await device({
    onReboot: () => (reboots += 1),
  });
  await observe('/3303/0/5700');
  await attributes('/3303', 'pmin=5');
  expect((await post('/3/0/4')).code).toBe('2.04');
  await server.clock.advanceAsync(10);
  expect([client.registrationId, client.observations, reboots]).toEqual([undefined, 0, 1]);
  tree.set('/3303/0/5700', 22);
  await server.clock.advanceAsync(limits.rebootMs + 100);
  expect(server.requests).toEqual([REGISTER, REGISTER]);
  expect(client.registrationId).toBe('r2');
  expect(await discover('/3303')).toBe('</3303>;ver=1.1,</3303/0>,</3303/0/5700>');
});

test('a reboot gets a new transport where there can be one, and drops what was under way', async () => {
  const { server } = await world();
  let port = 41_000;
  const client = await server.client({ transport: () => server.network.transport({ host: '10.0.0.5', port: port++ }) });
  await server.clock.runUntil(client.start());
  expect(server.peer?.port).toBe(41_000);
  const before = server.requests.length;
  server.network.rule = () => 'drop';
  const update = client.update();
  await server.clock.advanceAsync(100);
  server.network.rule = () => 'deliver';
  await server.clock.runUntil(client.reboot());
  await update;
  await server.clock.advanceAsync(limits.rebootMs + 100);
  expect(server.requests.slice(before)).toEqual([REGISTER]);
  expect([server.peer?.port, client.localAddress?.port]).toEqual([41_001, 41_001]);
  await server.clock.runUntil(client.stop());
  await expect(client.reboot()).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STATE' });
});

test('a client that is closed while it reboots stays closed', async () => {
  const { server, client, post } = await device();
  await post('/3/0/4');
  await server.clock.runUntil(client.close());
  await server.clock.advanceAsync(10_000);
  expect(server.requests).toEqual([REGISTER]);
  await server.coap.close();
  expect(server.clock.pendingTimers).toBe(0);
});

test('what the application does at a Reboot comes first, and may refuse it', async () => {
  const { tree, server } = await device();
  const order: string[] = [];
  tree.onExecute('/3/0/4', () => void order.push('application'));
  expect(tree.has('/3/0/4')).toBe(true);
  const peer = server.peer;
  if (peer === undefined) throw new Error('nobody has registered');
  await server.clock.runUntil(server.coap.request(peer, { method: Code.POST, path: ['3', '0', '4'] }));
  expect(order).toEqual(['application']);
});

test('a refused Register that nobody waits for is tried again later', async () => {
  const { server, post, troubles } = await device();
  server.answers.push({ code: Code.NOT_FOUND }, { code: Code.FORBIDDEN });
  await post('/1/0/8');
  await server.clock.advanceAsync(1_000);
  expect(troubles).toEqual(['the server refused an Update with 4.04', 'registration answered 4.03']);
  await server.clock.advanceAsync(limits.refusedRetryMs);
  expect(server.requests.at(-1)).toBe(REGISTER);
});

test('Updates that are asked for together go out one after another', async () => {
  const { server, client } = await device();
  const all = Promise.all([client.update(), client.update(), client.update()]);
  await server.clock.runUntil(all);
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1', 'POST /rd/r1']);
});
