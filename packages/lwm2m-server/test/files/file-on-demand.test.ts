import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '@flownexus/datagram/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileOnDemand, fileSource } from '../../src/index.ts';

const IMAGE = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7) % 251);
const sha256 = Uint8Array.from(createHash('sha256').update(IMAGE).digest());

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
  path = join(folder, 'image');
});
afterEach(() => rm(folder, { recursive: true }));

/** Whether the process has the file open, where the system says so. */
async function isOpen(): Promise<boolean | undefined> {
  if (process.platform !== 'linux') return undefined;
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.includes(path);
}

test('a file is open while it is read, and closed when nobody has read for a while', async () => {
  await writeFile(path, IMAGE);
  const clock = new VirtualClock();
  await using source = fileOnDemand(path, { size: IMAGE.length, sha256, idleMs: 1_000, clock });
  await using whole = await fileSource(path);
  expect(source.etag).toEqual(whole.etag);
  await whole.close();
  expect(await isOpen()).not.toBe(true);
  expect(await source.read(199_000, 1_000)).toEqual(IMAGE.slice(199_000));
  expect(await isOpen()).not.toBe(false);
  clock.advance(900);
  expect(await source.read(0, 16)).toEqual(IMAGE.slice(0, 16));
  clock.advance(900);
  expect(await isOpen()).not.toBe(false);
  clock.advance(200);
  await expect.poll(isOpen).not.toBe(true);
  expect(await source.read(16, 16)).toEqual(IMAGE.slice(16, 32));
});

test('what is not there, or has another size, is an error, until it is right', async () => {
  await using source = fileOnDemand(path, { size: IMAGE.length, sha256 });
  await expect(source.read(0, 16)).rejects.toThrow('ENOENT');
  await writeFile(path, IMAGE.subarray(1));
  await expect(source.read(0, 16)).rejects.toThrow('has 199999 bytes and not 200000');
  await writeFile(path, IMAGE);
  expect(await source.read(0, 16)).toEqual(IMAGE.slice(0, 16));
});

test('a source that was closed reads nothing, also when it was just being opened', async () => {
  await writeFile(path, IMAGE);
  const source = fileOnDemand(path, { size: IMAGE.length, sha256 });
  const reading = source.read(0, 16);
  const closing = source.close();
  await expect(reading).rejects.toThrow('closed');
  await closing;
  await expect(source.read(0, 16)).rejects.toThrow('closed');
  expect(await isOpen()).not.toBe(true);
});

test('a digest that is known spares reading the file', async () => {
  await writeFile(path, IMAGE);
  const told = new Uint8Array(32).fill(7);
  await using source = await fileSource(path, { sha256: told });
  expect(source.sha256).toEqual(told);
  expect(source.etag).toEqual(told.slice(0, 8));
});
