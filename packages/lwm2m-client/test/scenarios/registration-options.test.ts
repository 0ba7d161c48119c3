import { Code, CoapEndpoint } from '@flownexus/coap';
import { expect, test } from 'vitest';
import { treeOf, world } from './world.ts';

const LIST = '</3/0>,</1>;ver=1.2,</1/0>';

test('a Register has all that the client was told', async () => {
  const { server } = await world({
    lwm2mVersion: '1.2',
    objects: treeOf({ '/3/0/9': 95 }),
    lifetime: 0,
    binding: 'UT',
    queueMode: true,
    smsNumber: '15551234',
    sendEndpointName: false,
    parameters: ['vendor=x'],
    rootPath: '/lwm2m',
    contentFormats: [112, 0],
  });
  expect(server.requests).toEqual(['POST /rd?lwm2m=1.2&lt=0&b=UT&Q&sms=15551234&vendor=x']);
  expect(server.lists).toEqual(['</lwm2m>;rt="oma.lwm2m";ct=112,</lwm2m/3/0>']);
});

test('a registration without end is not updated', async () => {
  const { server } = await world({ lwm2mVersion: '1.2', objects: treeOf({ '/3/0/9': 95 }), lifetime: 0 });
  await server.clock.advanceAsync(10 * 86_400_000);
  expect(server.requests).toHaveLength(1);
});

test('everything is below the alternate path', async () => {
  const { get, discover, fetch, tree } = await world({ objects: treeOf({ '/3/0/9': 95 }), rootPath: '/lwm2m' });
  expect((await get('/lwm2m/3/0/9', 0)).text).toBe('95');
  expect((await get('/lwm2m/3/0/9', 110)).text).toContain('"/lwm2m/3/0/9"');
  expect((await get('/3/0/9')).code).toBe('4.04');
  expect((await get('/')).code).toBe('4.04');
  expect((await get('/other/3/0/9')).code).toBe('4.04');
  expect(await discover('/lwm2m/3/0/9')).toBe('</lwm2m/3/0/9>');
  expect((await fetch(['/3/0/9'])).code).toBe('4.04');
  expect(tree.content('/3/0/9')).toBe(95);
});

test('a profile stands for what is not listed', async () => {
  const objects = treeOf({ '/1/0/1': 60, '/3/0/9': 95, '/4/0/0': 0 });
  const { server, tree } = await world({
    lwm2mVersion: '1.2',
    objects,
    contentFormats: [11544],
    profile: { ids: ['6:27354b9a'], objectIds: [4] },
  });
  expect(server.requests).toEqual(['POST /rd?lwm2m=1.2&ep=device&lt=60&b=U&pid=6:27354b9a']);
  expect(server.lists).toEqual(['</>;ct=11544,</4/0>']);
  tree.addObject(16);
  await server.clock.advanceAsync(1_000);
  expect(server.lists.at(-1)).toBe('</>;ct=11544,</1/0>,</3/0>,</4/0>,</16>');
});

test('a profile that the server does not know is listed in full', async () => {
  const objects = treeOf({ '/3/0/9': 95 });
  const server = (await world()).server;
  server.requests.length = server.lists.length = 0;
  server.answers.push({ code: Code.CONFLICT });
  const client = await server.client({
    lwm2mVersion: '1.2',
    objects,
    contentFormats: [11544],
    profile: { ids: ['6:27354b9a'] },
    transport: server.network.transport({ host: '10.0.0.3', port: 40_000 }),
  });
  await server.clock.runUntil(client.start());
  expect(server.requests).toEqual([
    'POST /rd?lwm2m=1.2&ep=device&lt=60&b=U&pid=6:27354b9a',
    'POST /rd?lwm2m=1.2&ep=device&lt=60&b=U',
  ]);
  expect(server.lists).toEqual(['</>;ct=11544', '</>;ct=11544,</3/0>']);
});

test('requests of anybody but the server are refused', async () => {
  const { server } = await world();
  const stranger = new CoapEndpoint({
    transport: server.network.transport({ host: '10.0.0.9', port: 5683 }),
    clock: server.clock,
  });
  await stranger.open();
  const peer = await stranger.connect('10.0.0.2', 40_000);
  const answer = await server.clock.runUntil(stranger.request(peer, { method: Code.GET, path: ['3', '0', '9'] }));
  expect(answer.code).toBe(Code.UNAUTHORIZED);
  await stranger.close();
});

test('versions of Objects are told', async () => {
  const { server } = await world({ objects: treeOf({ '/3/0/9': 95, '/1/0/1': 60 }) });
  expect(server.lists[0]?.split(',').sort()).toEqual(['</>;ct=112', '</3>;ver=1.2', ...LIST.split(',')].sort());
});
