import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LOCK_FILE, lockDataDirectory } from '../src/data-directory-lock.ts';
import { StartError } from '../src/start-error.ts';
import { temporaryDirectory } from './support/test-database.ts';

test('a data directory has one owner at a time', () => {
  const directory = temporaryDirectory();
  const first = lockDataDirectory(directory);
  const again = () => lockDataDirectory(directory);
  expect(again).toThrow(StartError);
  expect(again).toThrow(
    `FLOWNEXUS_DATA_DIR ${directory} is in use by another FlowNexus: stop that one, or set another folder`,
  );
  // Who was refused has not taken the lock away from its owner.
  expect(again).toThrow('is in use by another FlowNexus');
  lockDataDirectory(temporaryDirectory()).release();
  first.release();
  again().release();
});

test('the lock leaves one empty file', () => {
  const directory = temporaryDirectory();
  const lock = lockDataDirectory(directory);
  expect(readdirSync(directory)).toEqual([LOCK_FILE]);
  lock.release();
  expect(statSync(join(directory, LOCK_FILE)).size).toBe(0);
});

test('what can not be locked is refused with one clear line', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, LOCK_FILE));
  expect(() => lockDataDirectory(directory)).toThrow(StartError);
  expect(() => lockDataDirectory(directory)).toThrow(
    /^FLOWNEXUS_DATA_DIR \S+ can not be locked \(flownexus\.lock\): .+$/,
  );
});
