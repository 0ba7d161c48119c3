import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PackageFiles, type PackageFilesOptions } from '../../src/firmware/package-files.ts';
import { temporaryDirectory } from '../support/test-database.ts';

const ID = '01234567-89ab-4cde-8f01-23456789abcd';
const anything = { check: () => undefined, verify: () => undefined };
const MEBIBYTE = 1_048_576;

async function* bytes(chunks: number): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < chunks; count += 1) yield await Promise.resolve(new Uint8Array(MEBIBYTE));
}

function files(options: Partial<PackageFilesOptions> = {}): PackageFiles {
  return new PackageFiles({ folder: join(temporaryDirectory(), 'firmware'), ...options });
}

test('a disk that becomes full leaves nothing', async () => {
  let written = 0;
  const each = files({
    write: async (handle, chunk) => {
      written += 1;
      if (written === 3) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      await handle.writeFile(chunk);
    },
  });
  await expect(each.receive(ID, bytes(5), anything)).rejects.toMatchObject({ status: 507, code: 'disk-full' });
  expect(readdirSync(each.folder)).toEqual([]);
});

test('room is left for the database', async () => {
  let free = 100 * MEBIBYTE;
  const each = files({ room: () => Promise.resolve(free), reserveBytes: 60 * MEBIBYTE });
  await each.checkRoom(40 * MEBIBYTE);
  await expect(each.checkRoom(40 * MEBIBYTE + 1)).rejects.toMatchObject({ status: 507 });
  free = 59 * MEBIBYTE;
  // Nobody said how long it is.
  await expect(each.receive(ID, bytes(20), anything)).rejects.toMatchObject({ status: 507 });
  expect(readdirSync(each.folder)).toEqual([]);
});

test('no more is read than is written', async () => {
  let read = 0;
  let most = 0;
  let written = 0;
  const each = files({
    write: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, read - written);
      written += 1;
    },
  });
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes(20)) {
      read += 1;
      yield chunk;
    }
  };
  await each.receive(ID, counted(), anything);
  expect(most).toBe(1);
});

/** A file system of its own of so many bytes; undefined where this process may not make one. */
function smallDisk(size: number): string | undefined {
  const folder = temporaryDirectory();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(size)}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
  });
  return folder;
}

test('on a real disk that is full nothing is left, and what fits is stored', async ({ skip }) => {
  const disk = smallDisk(4 * MEBIBYTE);
  if (disk === undefined) return skip('this process may not mount a file system');
  const each = files({ folder: join(disk, 'firmware'), reserveBytes: 0 });
  await expect(each.checkRoom(5 * MEBIBYTE)).rejects.toMatchObject({ status: 507 });
  await expect(each.receive(ID, bytes(5), anything)).rejects.toMatchObject({ status: 507, code: 'disk-full' });
  expect(readdirSync(each.folder)).toEqual([]);
  expect(await each.receive(ID, bytes(3), anything)).toMatchObject({ size: 3 * MEBIBYTE });
  expect(await each.damage(ID, 3 * MEBIBYTE)).toBeUndefined();
});
