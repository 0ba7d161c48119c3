import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import {
  coap,
  CoapFiles,
  coaps,
  fileSource,
  Lwm2mServer,
  MemoryCredentialStore,
  type FileSource,
} from '../../src/index.ts';

const PLAIN = 'coap-client-notls';
const SECURE = 'coap-client-gnutls';
const SIZE = 10 * 1024 * 1024;
/** Ten thousand round trips, each with a process that traces and one that has other work. */
const PATIENCE_MS = 120_000;
const KEY = 'a key of 16 byte';

function missing(program: string): string | undefined {
  const found = spawnSync(program, ['-h'], { stdio: 'ignore' }).error === undefined;
  return found ? undefined : `${program} of libcoap3-bin is not installed`;
}

function suffix(program: string): string {
  const reason = missing(program);
  return reason === undefined ? '' : ` (skipped: ${reason})`;
}

describe('files and libcoap', () => {
  let folder: string;
  let source: FileSource;
  let server: Lwm2mServer;
  const files = new CoapFiles();
  const errors: unknown[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'libcoap-files-'));
    const image = join(folder, 'image');
    await writeFile(image, randomBytes(SIZE));
    source = await fileSource(image);
    const credentials = new MemoryCredentialStore();
    credentials.set('dev', { mode: 'psk', identity: 'dev identity', key: Buffer.from(KEY) });
    server = new Lwm2mServer({
      endpoints: [coap({ host: '127.0.0.1', port: 0 }), coaps({ host: '127.0.0.1', port: 0, credentials })],
      objects: new ObjectRegistry(),
      resources: [files],
      onError: (error) => errors.push(error),
    });
    await server.start();
  });

  afterAll(async () => {
    await server.stop();
    await source.close();
    await rm(folder, { recursive: true });
  });

  /** Fetches a path; the SHA-256 of what came, in hexadecimal, and what the program said. */
  async function fetched(program: string, scheme: string, path: string, options: readonly string[] = []) {
    const port = server.addresses.find((address) => address.scheme === scheme)?.port ?? 0;
    const url = `${scheme}://127.0.0.1:${port}${path}`;
    const child = spawn(program, ['-o', '-', '-B', '100', ...options, url], { stdio: ['ignore', 'pipe', 'pipe'] });
    const hash = createHash('sha256');
    let size = 0;
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      size += chunk.length;
    });
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(child, 'close');
    return { sha256: hash.digest('hex'), size, said };
  }

  const whole = () => ({ size: SIZE, sha256: Buffer.from(source.sha256).toString('hex') });

  test.skipIf(missing(PLAIN) !== undefined)(
    `10 MB come whole over CoAP${suffix(PLAIN)}`,
    async () => {
      const { path } = files.add(source);
      expect(await fetched(PLAIN, 'coap', path, ['-b', '1024'])).toMatchObject(whole());
      expect(errors).toEqual([]);
    },
    PATIENCE_MS,
  );

  test.skipIf(missing(SECURE) !== undefined)(
    `10 MB come whole over DTLS with a PSK, to the endpoint that they are for${suffix(SECURE)}`,
    async () => {
      const { path } = files.add(source, { endpointName: 'dev' });
      const identity = ['-u', 'dev identity', '-k', KEY];
      expect(await fetched(SECURE, 'coaps', path, ['-b', '1024', ...identity])).toMatchObject(whole());
      expect(errors).toEqual([]);
    },
    PATIENCE_MS,
  );

  test.skipIf(missing(PLAIN) !== undefined)(
    `a file of another endpoint is not there${suffix(PLAIN)}`,
    async () => {
      const { path } = files.add(source, { endpointName: 'dev' });
      const { size, said } = await fetched(PLAIN, 'coap', path);
      expect(size).toBe(0);
      expect(said).toContain('4.04');
    },
    PATIENCE_MS,
  );
});
