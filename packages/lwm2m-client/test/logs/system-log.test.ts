import { ContentFormat } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { ObjectTree, SystemLog, SystemLogLevel, type SystemLogOptions } from '../../src/index.ts';
import { registry, world, type World } from '../scenarios/world.ts';

const { TEXT } = ContentFormat;

async function device(options: SystemLogOptions = {}): Promise<World & { readonly log: SystemLog }> {
  const objects = new ObjectTree(registry);
  objects.set('/3/0/0', 'x');
  const log = new SystemLog(objects, options);
  return { ...(await world({ objects })), log };
}

const text = async ({ get }: World, path: string): Promise<string> => (await get(path, TEXT)).text;

test('Read All has all lines, Read those since it was last read', async () => {
  const one = await device();
  one.log.log('a');
  one.log.log('b');
  expect(await text(one, '/10259/0/1')).toBe('a\nb\n');
  expect(await text(one, '/10259/0/2')).toBe('a\nb\n');
  expect(await text(one, '/10259/0/2')).toBe('');
  one.log.log('c');
  expect(await text(one, '/10259/0/2')).toBe('c\n');
  expect(await text(one, '/10259/0/1')).toBe('a\nb\nc\n');
});

test('a Read of the Object Instance reads it too', async () => {
  const one = await device();
  one.log.log('a');
  expect((await one.get('/10259/0')).code).toBe('2.05');
  expect(await text(one, '/10259/0/2')).toBe('');
});

test('a Read in blocks has the lines of one moment', async () => {
  const one = await device();
  const line = 'x'.repeat(100);
  for (let index = 0; index < 40; index += 1) one.log.log(line);
  expect(await text(one, '/10259/0/2')).toBe(`${line}\n`.repeat(40));
});

test('lines beyond the Capture Level are left out, and all when it is not enabled', async () => {
  const one = await device({ captureLevel: SystemLogLevel.WARNING });
  one.log.log('info');
  one.log.log('warning', SystemLogLevel.WARNING);
  expect((await one.put('/10259/0/4', '8', TEXT)).code).toBe('2.04');
  one.log.log('debug', SystemLogLevel.DEBUG);
  expect((await one.put('/10259/0/3', '0', TEXT)).code).toBe('2.04');
  one.log.log('error', SystemLogLevel.ERROR);
  expect(await text(one, '/10259/0/1')).toBe('warning\ndebug\n');
});

test.each(['0', '9'])('%s is no Capture Level', async (level) => {
  const one = await device();
  expect((await one.put('/10259/0/4', level, TEXT)).code).toBe('4.00');
});

test('a handler of a Read that was taken away runs no more', async () => {
  const one = await device();
  const runs: string[] = [];
  const undo = one.tree.onRead('/3/0/0', () => runs.push('read'));
  await one.get('/3/0');
  await one.get('/3/0/1');
  expect(runs).toEqual(['read']);
  undo();
  await one.get('/3/0/0');
  expect(runs).toEqual(['read']);
});
