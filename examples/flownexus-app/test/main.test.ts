import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LOCK_FILE, lockDataDirectory } from '../src/data-directory-lock.ts';
import { DatabaseSync } from 'node:sqlite';
import { DATABASE_FILE } from '../src/database/open-database.ts';
import { spawnApp, startApp } from './support/app-process.ts';
import { temporaryDirectory, testDatabase } from './support/test-database.ts';

const anyPorts = { FLOWNEXUS_HTTP_PORT: '0', FLOWNEXUS_COAP_PORT: '0', FLOWNEXUS_COAP_HOST: '127.0.0.1' };

describe('what the operator can mend is one line on stderr and exit code 1', () => {
  async function startFailing(environment: Record<string, string>): Promise<string> {
    const { ended } = spawnApp({ ...anyPorts, FLOWNEXUS_DATA_DIR: temporaryDirectory(), ...environment });
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout, lines: stderr.split('\n').length - 1 }, stderr).toEqual({ code: 1, stdout: '', lines: 1 });
    return stderr;
  }

  test('a bad variable', async () => {
    expect(await startFailing({ FLOWNEXUS_HTTP_PORT: 'eighty' })).toBe(
      'FlowNexus: FLOWNEXUS_HTTP_PORT is "eighty": allowed is a port number from 0 (any free port) to 65535\n',
    );
  });

  test('an unknown variable', async () => {
    expect(await startFailing({ FLOWNEXUS_PORT: '80' })).toContain(
      'FLOWNEXUS_PORT is not a variable of FlowNexus: did you mean ',
    );
  });

  test('a file in place of the data directory', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect(await startFailing({ FLOWNEXUS_DATA_DIR: file })).toBe(
      `FlowNexus: FLOWNEXUS_DATA_DIR ${file} can not be used: ${file} is not a folder\n`,
    );
    expect(await startFailing({ FLOWNEXUS_DATA_DIR: join(file, 'data') })).toContain(
      `${join(file, 'data')} can not be used: ${file} is not a folder`,
    );
  });

  test.skipIf(process.platform !== 'linux')('a data directory that can not be written (Linux: /proc)', async () => {
    // Even for root, whom no permissions stop.
    expect(await startFailing({ FLOWNEXUS_DATA_DIR: '/proc/flownexus' })).toMatch(
      /^FlowNexus: FLOWNEXUS_DATA_DIR \/proc\/flownexus can not be used: \w+: .*\n$/,
    );
  });

  test('a data directory that another FlowNexus has', async () => {
    const directory = temporaryDirectory();
    const lock = lockDataDirectory(directory);
    expect(await startFailing({ FLOWNEXUS_DATA_DIR: directory })).toBe(
      `FlowNexus: FLOWNEXUS_DATA_DIR ${directory} is in use by another FlowNexus: stop that one, or set another folder\n`,
    );
    // Nothing was made or migrated in it.
    expect(readdirSync(directory)).toEqual([LOCK_FILE]);
    lock.release();
  });

  test('a database that is none', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'flownexus.db'));
    expect(await startFailing({ FLOWNEXUS_DATA_DIR: directory })).toContain('The database can not be opened at ');
  });

  test('a database of a newer release', async () => {
    const directory = temporaryDirectory();
    await (await testDatabase('sqlite', { url: undefined, dataDirectory: directory })).close();
    const connection = new DatabaseSync(join(directory, DATABASE_FILE));
    connection.exec(`INSERT INTO kysely_migration VALUES ('9999-later', '')`);
    connection.close();
    expect(await startFailing({ FLOWNEXUS_DATA_DIR: directory })).toContain('is of a newer release');
  });

  test('an HTTP port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await startFailing({ FLOWNEXUS_HTTP_PORT: String(port) })).toBe(
      `FlowNexus: HTTP can not listen on 127.0.0.1:${String(port)}: the port is in use already; FLOWNEXUS_HTTP_PORT sets another one\n`,
    );
  });

  test('a CoAP port in use', async () => {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address();
    expect(await startFailing({ FLOWNEXUS_COAP_PORT: String(port) })).toMatch(
      new RegExp(`^FlowNexus: LwM2M can not listen: .*${String(port)}.*already in use; FLOWNEXUS_COAP_PORT .*\n$`),
    );
  });

  test('a port for CoAP over DTLS in use', async () => {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address();
    expect(await startFailing({ FLOWNEXUS_COAPS_PORT: String(port) })).toMatch(
      new RegExp(`^FlowNexus: LwM2M can not listen: .*${String(port)}.*already in use; FLOWNEXUS_COAPS_PORT .*\n$`),
    );
  });

  test('a key for DTLS that is not there', async () => {
    const file = join(temporaryDirectory(), 'key.pem');
    expect(await startFailing({ FLOWNEXUS_COAPS_KEY: file })).toBe(
      `FlowNexus: FLOWNEXUS_COAPS_KEY ${file} can not be read: ENOENT: no such file or directory\n`,
    );
  });

  test('addresses that this machine does not have', async () => {
    expect(await startFailing({ FLOWNEXUS_HTTP_HOST: '192.0.2.1' })).toContain('FLOWNEXUS_HTTP_HOST sets another one');
    expect(await startFailing({ FLOWNEXUS_COAP_HOST: '192.0.2.1' })).toContain(
      'FLOWNEXUS_COAP_HOST set another address',
    );
  });
});

describe('a running app', () => {
  test('says where it is, and stops when asked', async () => {
    const directory = join(temporaryDirectory(), 'not', 'there', 'yet');
    const { child, httpUrl, ended } = await startApp({ ...anyPorts, FLOWNEXUS_DATA_DIR: directory });
    const health = await fetch(`${httpUrl}api/v1/health`);
    expect(await health.json()).toEqual({ status: 'pass' });
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^FlowNexus is running: http:\/\/127\.0\.0\.1:\d+\/\nSign in as admin with the password \S{16,}, which is shown this once\.\nLwM2M listens on coap:\/\/127\.0\.0\.1:\d+\nLwM2M over DTLS listens on coaps:\/\/127\.0\.0\.1:\d+\nBootstrap listens on coap:\/\/127\.0\.0\.1:\d+ and coaps:\/\/127\.0\.0\.1:\d+\nFlowNexus stops \(SIGTERM\)\.\n$/,
    );
    // A clean end leaves no write-ahead log behind.
    expect(existsSync(join(directory, 'flownexus.db'))).toBe(true);
    expect(existsSync(join(directory, 'flownexus.db-wal'))).toBe(false);
  });

  test('shows a password only where it has made it up', async () => {
    const directory = temporaryDirectory();
    const first = await startApp({
      ...anyPorts,
      FLOWNEXUS_DATA_DIR: directory,
      FLOWNEXUS_ADMIN_PASSWORD: 'given by the operator',
    });
    const body = JSON.stringify({ name: 'admin', password: 'given by the operator' });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${first.httpUrl}api/v1/session`, { method: 'POST', headers, body })).status).toBe(200);
    first.child.kill('SIGTERM');
    expect((await first.ended).stdout).not.toMatch(/password|given by/);
    const second = await startApp({ ...anyPorts, FLOWNEXUS_DATA_DIR: directory });
    second.child.kill('SIGTERM');
    expect((await second.ended).stdout).not.toMatch(/password/);
  });

  test('stops with open connections, too', async () => {
    const { child, httpUrl, ended } = await startApp({
      ...anyPorts,
      FLOWNEXUS_DATA_DIR: temporaryDirectory(),
      FLOWNEXUS_API_TOKEN: 'the-token-of-the-tests',
    });
    const headers = { authorization: 'Bearer the-token-of-the-tests' };
    const stream = await fetch(`${httpUrl}api/v1/stream`, { headers });
    expect(stream.status).toBe(200);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0 });
    await stream.body?.cancel().catch(() => undefined);
  });

  test('says why there are no simulated devices', async () => {
    const { child, ended } = await startApp({
      ...anyPorts,
      // Empty is as good as absent: neither asked for nor declined.
      FLOWNEXUS_DEMO: '',
      NODE_ENV: 'production',
      FLOWNEXUS_DATA_DIR: temporaryDirectory(),
    });
    child.kill('SIGTERM');
    expect((await ended).stdout).toContain(
      'No simulated devices, since this is production; FLOWNEXUS_DEMO=1 starts them.\n',
    );
  });
});
