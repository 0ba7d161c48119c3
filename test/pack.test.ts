import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packages, root } from './packages.ts';

const run = promisify(execFile);

interface PackageJson {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function packageJson(folder: string): Promise<PackageJson> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageJson;
}

/** Packs a folder and returns the tarball's path. */
async function pack(folder: string, into: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', into, folder], {
    cwd: root,
  });
  const answer: unknown = JSON.parse(stdout);
  // npm before 11.19 answers a list, later ones a record by package name.
  const [packed] = Array.isArray(answer) ? (answer as unknown[]) : Object.values(answer as Record<string, unknown>);
  return join(into, (packed as { filename: string }).filename);
}

let folder: string;
const specifiers: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flownexus-pack-'));
  const dependencies: Record<string, string> = {};
  const foreign = new Set<string>();
  for (const name of packages) {
    const json = await packageJson(join(root, 'packages', name));
    dependencies[json.name] = `file:${await pack(join(root, 'packages', name), folder)}`;
    for (const entry of Object.keys(json.exports)) specifiers.push(join(json.name, entry));
    for (const dependency of Object.keys(json.dependencies ?? {}))
      if (!dependency.startsWith('@flownexus/')) foreign.add(dependency);
  }
  // What the packages need from others is packed from node_modules, so that no registry is asked.
  for (const name of foreign) dependencies[name] = `file:${await pack(join(root, 'node_modules', name), folder)}`;
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'empty', private: true, type: 'module', dependencies }),
  );
  await run('npm', ['install', '--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
  });
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('each entry point of the packed packages imports in an empty project', async () => {
  const script = specifiers
    .map(
      (specifier) =>
        `console.log(${JSON.stringify(specifier)}, Object.keys(await import(${JSON.stringify(specifier)})).length);`,
    )
    .join('\n');
  await writeFile(join(folder, 'import.js'), script);
  const { stdout } = await run(process.execPath, ['import.js'], { cwd: folder });
  const lines = stdout.trim().split('\n');
  expect(lines.map((line) => line.split(' ')[0])).toEqual(specifiers);
  for (const line of lines) expect(Number(line.split(' ')[1]), line).toBeGreaterThan(0);
});

test('the packed types are complete for a strict consumer', async () => {
  const script = specifiers.map(
    (specifier, index) => `import * as m${index} from ${JSON.stringify(specifier)};\nvoid m${index};`,
  );
  await writeFile(join(folder, 'types.ts'), script.join('\n'));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'NodeNext',
    '--target',
    'ES2024',
    '--skipLibCheck',
    'false',
    '--types',
    'node',
  ];
  const typeRoots = ['--typeRoots', join(root, 'node_modules', '@types')];
  await run(process.execPath, [compiler, ...options, ...typeRoots, 'types.ts'], { cwd: folder }).catch(
    (error: unknown) => {
      throw new Error((error as { stdout?: string }).stdout ?? String(error));
    },
  );
}, 120_000);

test.each(packages)('publint has nothing to say about %s', async (name) => {
  const pkgDir = join(root, 'packages', name);
  const { messages, pkg } = await publint({ pkgDir, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test.each(packages)('%s packs its code and its documents, no tests', async (name) => {
  const installed = join(folder, 'node_modules', '@flownexus', name);
  const files = await readdir(installed, { recursive: true });
  expect(files).toContain('README.md');
  expect(files).toContain('LICENSE');
  expect(files.filter((file) => /(^|\/)test\//.test(file) || file.endsWith('.tsbuildinfo'))).toEqual([]);
});
