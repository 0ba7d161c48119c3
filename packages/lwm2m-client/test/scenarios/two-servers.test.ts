import { ContentFormat, encodePathList } from '@flownexus/lwm2m-core';
import { Code } from '@flownexus/coap';
import { expect, test } from 'vitest';
import type { Lwm2mClient } from '../../src/lwm2m-client.ts';
import type { ObjectTree } from '../../src/objects/object-tree.ts';
import { MemoryServer } from './memory-server.ts';
import { treeOf } from './world.ts';

interface Side {
  readonly server: MemoryServer;
  readonly client: Lwm2mClient;
  readonly ask: (method: number, path: string, query?: readonly string[], accept?: number) => Promise<string>;
}

async function side(server: MemoryServer, objects: ObjectTree, serverInstance: number): Promise<Side> {
  const transport = server.network.transport({ host: '10.0.0.2', port: 40_000 });
  const client = await server.client({ objects, serverInstance, transport });
  await server.clock.runUntil(client.start());
  const ask: Side['ask'] = async (method, path, query = [], accept) => {
    if (server.peer === undefined) throw new Error('nobody has registered');
    const request = { method, path: path.split('/').slice(1), query, ...(accept === undefined ? {} : { accept }) };
    return new TextDecoder().decode((await server.clock.runUntil(server.coap.request(server.peer, request))).payload);
  };
  return { server, client, ask };
}

async function device(): Promise<{ readonly objects: ObjectTree; readonly first: Side; readonly second: Side }> {
  const objects = treeOf({ '/1/0/0': 101, '/1/0/1': 60, '/1/1/0': 102, '/1/1/1': 90, '/3/0/9': 95 });
  // Each server has a network of its own: what they share is the tree.
  const first = await side(await MemoryServer.start(), objects, 0);
  const second = await side(await MemoryServer.start(), objects, 1);
  return { objects, first, second };
}

test('two clients register one tree with two servers (ETS 950)', async () => {
  const { first, second } = await device();
  expect(first.server.requests).toEqual(['POST /rd?lwm2m=1.1&ep=device&lt=60&b=U']);
  expect(second.server.requests[0]).toBe('POST /rd?lwm2m=1.1&ep=device&lt=60&b=U');
});

test('each server has attributes of its own (ETS 951)', async () => {
  const { first, second } = await device();
  await first.ask(Code.PUT, '/3/0/9', ['pmin=10']);
  await second.ask(Code.PUT, '/3/0/9', ['pmin=20']);
  const discover = (each: Side): Promise<string> => each.ask(Code.GET, '/3/0/9', [], ContentFormat.LINK_FORMAT);
  expect(await discover(first)).toBe('</3/0/9>;pmin=10');
  expect(await discover(second)).toBe('</3/0/9>;pmin=20');
});

test('a Server Object instance is about its own server', async () => {
  const { objects, first, second } = await device();
  objects.set('/1/1/1', 120);
  await second.ask(Code.POST, '/1/0/8');
  await first.server.clock.advanceAsync(100);
  await second.server.clock.advanceAsync(100);
  expect(first.server.requests.slice(1)).toEqual(['POST /rd/r1']);
  expect(second.server.requests.slice(1)).toEqual(['POST /rd/r1?lt=120']);
});

test('what one server changes the other is notified of', async () => {
  const { first, second, objects } = await device();
  const heard: unknown[] = [];
  const payload = encodePathList(['/3/0/9'], ContentFormat.SENML_JSON);
  if (second.server.peer === undefined) throw new Error('nobody has registered');
  await second.server.clock.runUntil(
    second.server.coap.observe(
      second.server.peer,
      { method: Code.FETCH, payload, contentFormat: ContentFormat.SENML_JSON },
      { onNotification: (notification) => void heard.push(new TextDecoder().decode(notification.payload)) },
    ),
  );
  objects.onExecute('/3/0/12', () => {
    objects.set('/3/0/9', 94);
  });
  await first.ask(Code.POST, '/3/0/12');
  await second.server.clock.advanceAsync(100);
  expect(heard).toEqual(['[{"bn":"/","n":"3/0/9","v":94}]']);
});

test('a client that is closed leaves the tree to the other', async () => {
  const { objects, first, second } = await device();
  await first.server.clock.runUntil(first.client.close());
  expect([objects.has('/1/0/8'), objects.has('/1/1/8'), objects.has('/3/0/4')]).toEqual([false, true, true]);
  await second.ask(Code.POST, '/3/0/4');
  await second.server.clock.advanceAsync(5_000);
  expect(second.server.requests.filter((request) => request.startsWith('POST /rd?'))).toHaveLength(2);
});
