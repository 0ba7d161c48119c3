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
}, 120_000);

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

const senmlSeries = `131
urn:dev:ow:10e2073a01080063/
{ n: 'temperature', u: 'Cel', v: 22, t: 120, float: true }
`;
const senmlPacks = `[{"bn":"/3/0/","n":"0"},{"n":"9"}]
/3311/0/5850 true undefined
/3311/0/5851 undefined true
`;
const senmlError = `ERR_SENML_RECORD 1 18
expected a number as v, found something else in record 1 at offset 18
`;
const coreSeries = `[{"bn":"/3303/0/5700","bt":1767225600,"v":21.5},{"v":22.0,"t":60},{"v":21.75,"t":120}]
/3303/0/5700 float 21.5 1767225600
/3303/0/5700 float 22 1767225660
/3303/0/5700 float 21.75 1767225720
`;
const coreTexts = `[{"bn":"/3/0/","n":"0"},{"n":"9"}]
[{"bn":"/16/0/0/","n":"0","vs":"on"},{"n":"1","v":null}]
2
[ 'pmin=10', 'pmax=5', 'gt=25' ]
gt does not belong to an Object Instance
pmax is less than pmin
0='reset',1
`;

const dtlsRestart = `urn:dev:1: before
urn:dev:1: after
handshakes since the restart: 0
`;

test.each([
  ['packages/coap', 0, coapServer],
  ['packages/coap', 1, '0\n1\n2\n3\nobservers: 0\n'],
  ['packages/coap', 2, coapFile],
  ['packages/dtls', 0, 'urn:dev:1 says hello\nthe server says welcome\n'],
  ['packages/dtls', 1, 'you are urn:dev:1\n'],
  ['packages/dtls', 3, dtlsRestart],
  ['packages/senml', 0, '/3303/0/5700 21.5\n'],
  ['packages/senml', 1, senmlSeries],
  ['packages/senml', 2, '18446744073709551615n 25 true\n8 15\n[{"n":"b","v":25.0}]\n'],
  ['packages/senml', 3, senmlPacks],
  ['packages/senml', 4, senmlError],
  ['packages/lwm2m-core', 0, 'integer 95\n[{"bn":"/3/0/9","v":95}]\n'],
  ['packages/lwm2m-core', 1, coreSeries],
  ['packages/lwm2m-core', 2, '1.2 1.0 [ 112, 11542 ]\n112\n'],
  ['packages/lwm2m-core', 3, 'Opening integer %\nexpected 0..100, found a greater number\n'],
  ['packages/lwm2m-core', 5, coreTexts],
  ['packages/lwm2m-core', 6, '{"kind":"singleResource","id":9,"type":"INTEGER","value":"95"}\n'],
  ['packages/lwm2m-core', 7, 'ERR_LWM2M_DECODE 2 expected 3 bytes, found 1 at offset 2\n'],
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
