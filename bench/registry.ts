// node bench/registry.ts, after npm run build: size, load time and memory of the bundled object definitions
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { markdownTable } from './statistics.ts';

const core = new URL('../packages/lwm2m-core/dist/', import.meta.url);

interface Registry {
  readonly size: number;
  object(id: number): unknown;
  [Symbol.iterator](): Iterator<unknown>;
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function timed<T>(work: () => T | Promise<T>): Promise<readonly [T, number]> {
  const begin = performance.now();
  const result = await work();
  return [result, performance.now() - begin];
}

const module = readFileSync(new URL('registry/bundled-objects.js', core));
const [{ ObjectRegistry }, importMs] = await timed(
  () => import(new URL('index.js', core).href) as Promise<{ ObjectRegistry: { bundled(): Promise<Registry> } }>,
);
const before = heapUsed();
const [registry, loadMs] = await timed(() => ObjectRegistry.bundled());
const loadedHeap = heapUsed() - before;
const [, lookupMs] = await timed(() => registry.object(3));
const [, parseMs] = await timed(() => [...registry]);
const parsedHeap = heapUsed() - before;

const rows = [
  ['', ''],
  ['object versions', String(registry.size)],
  ['bytes of the bundled table', String(module.length)],
  ['the same, gzip', String(gzipSync(module).length)],
  ['ms to import the package', importMs.toFixed(1)],
  ['ms of the first ObjectRegistry.bundled()', loadMs.toFixed(1)],
  ['ms of the first look-up', lookupMs.toFixed(2)],
  ['ms to parse all definitions', parseMs.toFixed(1)],
  ['KiB of heap, loaded', (loadedHeap / 1024).toFixed(0)],
  ['KiB of heap, all parsed', (parsedHeap / 1024).toFixed(0)],
];
process.stdout.write(`${markdownTable(rows)}\n`);
