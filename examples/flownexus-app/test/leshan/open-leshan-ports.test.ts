import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openLeshanPorts, type LeshanPorts } from '../../src/leshan/open-leshan-ports.ts';
import { send } from '../support/test-http.ts';
import { BootstrapHost } from './bootstrap-host.ts';
import { LeshanHost, registry } from './leshan-host.ts';

async function opened(ports: { port?: number; bootstrapPort?: number } = {}): Promise<LeshanPorts> {
  const host = await LeshanHost.start();
  const bootstrapHost = await BootstrapHost.start();
  await host.device('dev');
  const log = pino({ level: 'silent' });
  const { server, credentials } = host;
  const { configurations } = bootstrapHost;
  const open = await openLeshanPorts({
    server: { server, credentials, objects: registry, log },
    bootstrap: { server: bootstrapHost.server, credentials: bootstrapHost.credentials, configurations, log },
    port: 0,
    bootstrapPort: 0,
    ...ports,
  });
  onTestFinished(() => open.stop());
  return open;
}

test('both interfaces are there for programs on this machine', async () => {
  const ports = await opened();
  expect((await send(ports.url, 'GET', '/api/clients/dev')).body).toMatchObject({ endpoint: 'dev' });
  expect((await send(ports.url, 'GET', '/api/clients', { host: 'localhost:8080' })).body).toHaveLength(1);
  expect((await send(ports.bootstrapUrl, 'GET', '/api/bootstrap')).body).toEqual({});
  expect((await send(ports.url, 'GET', '/api/bootstrap')).status).toBe(404);
  expect((await send(ports.url, 'GET', '/')).status).toBe(404);
});

test.each([
  [{ host: 'attacker.example:8080' }],
  [{ host: 'localhost.attacker.example' }],
  [{ origin: 'http://attacker.example' }],
  [{ origin: 'null' }],
  [{ origin: 'http://localhost:3000' }],
  [{ 'sec-fetch-site': 'cross-site' }],
  [{ 'sec-fetch-site': 'same-site' }],
  [{ 'x-forwarded-for': '192.0.2.1' }],
  [{ forwarded: 'for=192.0.2.1' }],
] as readonly [Record<string, string>][])('a request with %j is refused on both', async (headers) => {
  const ports = await opened();
  for (const [url, path] of [
    [ports.url, '/api/clients'],
    [ports.bootstrapUrl, '/api/bootstrap'],
  ] as const) {
    const { status, text } = await send(url, 'GET', path, headers);
    expect([status, text]).toEqual([403, 'only programs on this machine are served here']);
  }
});

test('a page of the port itself may ask it', async () => {
  const ports = await opened();
  const { host } = new URL(ports.url);
  const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
  expect((await send(ports.url, 'GET', '/api/clients', own)).status).toBe(200);
});

test('where one port is taken none is left open', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  await expect(opened({ bootstrapPort: port })).rejects.toThrow('FLOWNEXUS_LESHAN_BOOTSTRAP_PORT sets another one');
  await expect(opened({ port })).rejects.toThrow('FLOWNEXUS_LESHAN_PORT sets another one');
});

test('stopping ends open streams', async () => {
  const ports = await opened();
  const stream = await fetch(`${ports.url}api/event`);
  await ports.stop();
  // As a whole: it ends, and is not cut.
  expect(await stream.text()).toBe('');
});
