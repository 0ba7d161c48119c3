import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesSource, fileSource } from '../../src/index.ts';

const IMAGE = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7) % 251);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('a file as a source', () => {
  test('reads at any offset, and has an ETag and a digest of its content', async () => {
    await using source = await fileSource(await written('a', IMAGE));
    expect(source.size).toBe(IMAGE.length);
    expect(await source.read(199_000, 1000)).toEqual(IMAGE.slice(199_000));
    expect(await source.read(0, 16)).toEqual(IMAGE.slice(0, 16));
    expect(Buffer.from(source.sha256)).toEqual(createHash('sha256').update(IMAGE).digest());
    expect(source.etag).toHaveLength(8);
  });

  test('a copy has the ETag, another content another', async () => {
    await using source = await fileSource(await written('a', IMAGE));
    await using copy = await fileSource(await written('b', IMAGE));
    await using other = await fileSource(await written('c', IMAGE.with(100_000, 255)));
    expect(copy.etag).toEqual(source.etag);
    expect(bytesSource(IMAGE).etag).toEqual(source.etag);
    expect(other.etag).not.toEqual(source.etag);
  });

  test('goes on with its content when another file takes its name, and rejects when it is changed in place', async () => {
    const path = await written('a', IMAGE);
    await using source = await fileSource(path);
    await rename(await written('b', new Uint8Array(IMAGE.length)), path);
    expect(await source.read(5000, 16)).toEqual(IMAGE.slice(5000, 5016));

    await using replaced = await fileSource(path);
    await writeFile(path, IMAGE.subarray(0, 100_000));
    await expect(replaced.read(5000, 16)).rejects.toThrow('changed in place');
  });

  test('rejects after it was closed, and for a file that is not there', async () => {
    const source = await fileSource(await written('a', IMAGE));
    await source.close();
    await expect(source.read(0, 16)).rejects.toThrow();
    await expect(fileSource(join(folder, 'none'))).rejects.toThrow('ENOENT');
  });

  test('may be empty', async () => {
    await using source = await fileSource(await written('a', new Uint8Array(0)));
    expect(source.size).toBe(0);
  });
});
