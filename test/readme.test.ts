import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startSimulatedDevices } from '@flownexus/lwm2m-client';
import { afterEach, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function readmeExample(): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1];
  if (example === undefined) throw new Error('README.md has no ts example');
  return example;
}

test('the library example of the README shows what a device reports', async () => {
  // Inside the repository, so that the packages resolve as they do for a user.
  const folder = await mkdtemp(join(root, 'test', '.readme-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'example.ts'), await readmeExample());
  const server = spawn(process.execPath, ['--conditions=source', join(folder, 'example.ts')], {
    env: { ...process.env, COAP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(async () => {
    server.kill();
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  });
  const lines = createInterface({ input: server.stdout });
  const seen: string[] = [];
  for await (const line of lines) {
    seen.push(line);
    const port = /port: (\d+)/.exec(line)?.[1];
    if (port !== undefined) {
      const devices = await startSimulatedDevices({
        count: 1,
        serverHost: '127.0.0.1',
        serverPort: Number(port),
        intervalMs: 50,
        endpointName: () => 'readme-device',
      });
      cleanups.push(() => devices.stop());
    }
    const maker = seen.includes('readme-device is made by Zephyr');
    const temperatures = seen.filter((text) => /^readme-device \/3303\/0\/5700 2\d\.\d+$/.test(text));
    if (maker && temperatures.length >= 2) break;
  }
  expect(seen).toContain('readme-device is made by Zephyr');
});

test('the example has at most 20 lines', async () => {
  const lines = (await readmeExample()).trim().split('\n');
  expect(lines.length).toBeLessThanOrEqual(20);
});
