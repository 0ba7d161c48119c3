import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startSimulatedDevices } from '@flownexus/lwm2m-client';
import { afterEach, expect, test } from 'vitest';
import { packages, root } from './packages.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const readmes = ['.', ...packages.map((name) => `packages/${name}`)];

async function readmeExamples(folder = '.'): Promise<string[]> {
  const readme = await readFile(join(root, folder, 'README.md'), 'utf8');
  return [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, example = '']) => example);
}

async function readmeExample(folder = '.', index = 0): Promise<string> {
  const example = (await readmeExamples(folder))[index];
  if (example === undefined) throw new Error(`the README of ${folder} has no ts example ${index}`);
  return example;
}

/** A folder inside the repository, so that the packages resolve as they do for a user. */
async function exampleFolder(): Promise<string> {
  const folder = await mkdtemp(join(root, 'test', '.readme-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  return folder;
}

test('the examples of all READMEs type-check', async () => {
  const folder = await exampleFolder();
  const names: string[] = [];
  for (const readme of readmes) {
    const examples = await readmeExamples(readme);
    expect(examples.length, `examples of ${readme}`).toBeGreaterThan(0);
    for (const example of examples) {
      names.push(`example${names.length}.ts`);
      await writeFile(join(folder, names.at(-1) ?? ''), example);
    }
  }
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.base.json',
      compilerOptions: { composite: false, declaration: false, declarationMap: false, noEmit: true, rootDir: '../..' },
      files: names,
    }),
  );
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch((error: unknown) => {
    throw new Error((error as { stdout?: string }).stdout ?? String(error));
  });
}, 60_000);

const coapServer = `/rooms/kitchen this is kitchen
/.well-known/core?obs= </thermostat/target>;rt="core.s";ct=0;title="Target temperature";obs
/nothing 4.04
`;
const coapFile = `the client has 100000 bytes
upload 25600 of 100000
upload 51200 of 100000
upload 76800 of 100000
the server has 100000 bytes
`;

test.each([
  ['packages/coap', 0, coapServer],
  ['packages/coap', 1, '0\n1\n2\n3\nobservers: 0\n'],
  ['packages/coap', 2, coapFile],
  ['packages/senml', 0, '/3303/0/5700 21.5\n'],
  ['packages/lwm2m-core', 0, '95\n'],
])('the README of %s: example %i prints what it says', async (readme, index, output) => {
  const folder = await exampleFolder();
  await writeFile(join(folder, 'example.ts'), await readmeExample(readme, index));
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', join(folder, 'example.ts')], {
    cwd: folder,
  });
  expect(stdout).toBe(output);
});

test('the library example of the README shows what a device reports', async () => {
  const folder = await exampleFolder();
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
