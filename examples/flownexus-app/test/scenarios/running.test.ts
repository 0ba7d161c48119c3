import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { udpTransport } from '@flownexus/datagram';
import { dtlsTransport } from '@flownexus/dtls';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '../../src/database/open-database.ts';
import { BusyDevice } from '../support/busy-device.ts';
import { temporaryDirectory, valuesOf } from '../support/test-database.ts';
import { BlackBox, soon, TOKEN } from './black-box.ts';

const KEY = '000102030405060708090a0b0c0d0e0f';
const authorization = { authorization: `Bearer ${TOKEN}` };

/** A device that comes over DTLS, with a Connection ID. */
function securedDevice(box: BlackBox, endpointName: string) {
  const transport = dtlsTransport({
    transport: udpTransport({ host: '127.0.0.1' }),
    client: { psk: { identity: endpointName, key: new Uint8Array(Buffer.from(KEY, 'hex')) } },
  });
  return box.device(endpointName, { transport, server: { host: '127.0.0.1', port: box.app.coapsPort } }).client;
}

async function metric(box: BlackBox, name: string): Promise<number> {
  const { status, text } = await box.call('GET', '/metrics');
  expect(status).toBe(200);
  return Number(text.split('\n').find((line) => line.startsWith(`${name} `))?.split(' ').at(-1)); // prettier-ignore
}

/** Runs a command of the app as a process of its own. */
async function command(name: string, given: readonly string[], dataDirectory: string): Promise<{ code: unknown; output: string }> {
  const entry = fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url));
  const environment = { ...process.env, FLOWNEXUS_DATA_DIR: dataDirectory };
  const child = spawn(process.execPath, ['--conditions=source', entry, ...given], { env: environment });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, output };
} // prettier-ignore

test(
  'a backup under load has everything that was acknowledged before it began, and what is put back runs',
  { timeout: 120_000 },
  async () => {
    const box = await BlackBox.start();
    const registry = await ObjectRegistry.bundled();
    let acknowledged = 0;
    const devices = [0, 1].map((index) => new BusyDevice(`busy-${String(index)}`, registry, () => (acknowledged += 1), () => undefined)); // prettier-ignore
    for (const device of devices) device.start(box.app.coapPort);
    await box.call('PUT', '/api/v1/endpoints/secured/credentials', { mode: 'psk', identity: 'secured', key: KEY });
    const secured = securedDevice(box, 'secured');
    await secured.start();
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(50), soon);
    expect(await metric(box, 'flownexus_dtls_associations{server="lwm2m"}')).toBe(1);
    expect(await metric(box, 'flownexus_stored_values_total')).toBeGreaterThan(50);

    const before = devices.map((device) => new Set(device.acknowledged));
    const response = await fetch(`${box.app.httpUrl}api/v1/backup`, { method: 'POST', headers: authorization });
    expect(response.status).toBe(200);
    const file = join(temporaryDirectory(), 'backup.tar');
    writeFileSync(file, new Uint8Array(await response.arrayBuffer()));
    const health = await box.get<{ lastBackup: unknown }>('/api/v1/health/details');
    expect(health.lastBackup).toMatchObject({ bytes: expect.any(Number) as number });
    // By the command, too, while it runs.
    const other = join(temporaryDirectory(), 'other.tar');
    expect(await command('backup', [other], box.directory)).toMatchObject({ code: 0, output: expect.stringContaining('The backup is in ') as string }); // prettier-ignore
    // Nobody waits for a backup.
    const now = acknowledged;
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(now), soon);
    for (const device of devices) await device.close();
    await secured.close();
    box.app.child.kill('SIGKILL');
    await box.app.ended;

    const directory = temporaryDirectory();
    expect(await command('restore', [file], directory)).toMatchObject({ code: 0 });
    expect((await command('restore', [other], directory)).output).toContain('is not empty');
    const again = await BlackBox.start({}, directory);
    expect(await metric(again, 'flownexus_dtls_associations_restored_total{server="lwm2m"}')).toBe(0);
    expect(await again.endpoint('secured')).toMatchObject({ registered: true });
    // Its credential is there: it makes a new handshake.
    const back = securedDevice(again, 'secured');
    await back.start();
    expect(await metric(again, 'flownexus_dtls_handshakes_completed_total{server="lwm2m"}')).toBe(1);
    await back.close();
    again.app.child.kill('SIGTERM');
    expect(await again.app.ended).toMatchObject({ code: 0 });
    const fail = (error: Error): never => {
      throw error;
    };
    const database = await openDatabase({ url: undefined, dataDirectory: directory, onFatal: fail, onLost: fail });
    onTestFinished(() => database.close());
    for (const [index, device] of devices.entries()) {
      const stored = new Set(await valuesOf(database.db, device.name, 3303, 5700));
      expect([...(before[index] ?? [])].filter((value) => !stored.has(value))).toEqual([]);
    }
  },
);

test('a stop lets a request end that waits for a device, and the level of the log is a setting', { timeout: 60_000 }, async () => {
  const box = await BlackBox.start();
  const { client } = await box.registered('asleep', { binding: 'UQ' });
  await client.close();
  expect(await box.call('PATCH', '/api/v1/settings', { logLevel: 'debug' })).toMatchObject({ status: 200 });
  const waiting = box.call('POST', '/api/v1/endpoints/asleep/operations?wait=60', { kind: 'read', path: '/3/0' });
  await vi.waitFor(async () => expect(await metric(box, 'flownexus_http_requests_in_progress')).toBe(2), soon);
  box.app.child.kill('SIGTERM');
  expect((await waiting).status).toBe(202);
  const { code, stderr } = await box.app.ended;
  expect(code).toBe(0);
  const lines = stderr.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'request', url: '/metrics', status: 200 }));
  expect(stderr).not.toContain(TOKEN);
}); // prettier-ignore
