import { ContentFormat, decodePayload, type DefinitionSource } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { EventLog, ObjectTree, type EventLogOptions } from '../../src/index.ts';
import { registry, world, type World } from '../scenarios/world.ts';

/** A device with an Event Log. The log has the clock of the server, as the client has. */
async function device(
  options: EventLogOptions = {},
  definitions: DefinitionSource = registry,
): Promise<World & { readonly log: EventLog }> {
  const objects = new ObjectTree(definitions);
  objects.set('/3/0/0', 'x');
  const one = await world({ objects });
  const log = new EventLog(objects, one.server.clock, options);
  return { ...one, log };
}

const { TEXT, OPAQUE } = ContentFormat;

const data = async ({ get }: World): Promise<string> => (await get('/20/0/4014', OPAQUE)).text;
const status = async ({ get }: World): Promise<string> => (await get('/20/0/4013', TEXT)).text;

describe('data', () => {
  test('is what was logged since the start, until the stop', async () => {
    const one = await device();
    one.log.log('before');
    expect([await status(one), await data(one)]).toEqual(['1', '']);
    expect((await one.post('/20/0/4011')).code).toBe('2.04');
    one.log.log('first');
    one.log.log(Uint8Array.of(0x62, 0x0a));
    expect([await status(one), await data(one)]).toEqual(['2', 'first\nb\n']);
    expect((await one.post('/20/0/4012')).code).toBe('2.04');
    one.log.log('after');
    expect([await status(one), await data(one)]).toEqual(['3', 'first\nb\n']);
  });

  test('is emptied by a start, unless that extends it, and by a stop that says so', async () => {
    const one = await device({ running: true });
    one.log.log('a');
    await one.post('/20/0/4011', "0='1'", TEXT);
    one.log.log('b');
    expect(await data(one)).toBe('a\nb\n');
    await one.post('/20/0/4011', "0='0'", TEXT);
    expect(await data(one)).toBe('');
    one.log.log('c');
    await one.post('/20/0/4012', "0='1'", TEXT);
    expect([await status(one), await data(one)]).toEqual(['1', '']);
  });

  test('is of the time that the start gives', async () => {
    const one = await device();
    await one.post('/20/0/4011', "1='60'", TEXT);
    await one.server.clock.advanceAsync(59_000);
    expect(one.log.running).toBe(true);
    await one.post('/20/0/4011', "1='30'", TEXT); // anew
    await one.server.clock.advanceAsync(29_000);
    expect(one.log.running).toBe(true);
    await one.server.clock.advanceAsync(2_000);
    expect([one.log.running, await status(one)]).toEqual([false, '1']);
  });

  test('has a bound', async () => {
    const one = await device({ running: true, capacity: 10 });
    for (const line of ['one', 'two', 'three']) one.log.log(line);
    expect(await data(one)).toBe('two\nthree\n');
  });
});

test.each<[string, string]>([
  ['/20/0/4011', "0='2'"],
  ['/20/0/4011', "0='x'"],
  ['/20/0/4011', '2'],
  ['/20/0/4012', '1'],
])('%s with %s is refused', async (path, args) => {
  const one = await device();
  expect((await one.post(path, args, TEXT)).code).toBe('4.00');
  expect(one.log.running).toBe(false);
});

test.each<[string, string, string]>([
  ['/20/0/4010', '255', '2.04'],
  ['/20/0/4010', '256', '4.00'],
  ['/20/0/4015', '4', '2.04'],
  ['/20/0/4015', '2', '4.00'],
  ['/20/0/4016', 'x', '4.05'],
])('a Write of %s: %s is answered %s', async (path, value, code) => {
  const one = await device({ dataFormat: 4 });
  expect((await one.put(path, value, TEXT)).code).toBe(code);
});

test('a server does not take a log away', async () => {
  const one = await device();
  expect((await one.delete('/20/0')).code).toBe('4.05');
});

test('version 1.0 has no increments', async () => {
  const one = await device({}, registry.forVersions(new Map([[20, '1.0']])));
  one.log.connect(() => Promise.reject(new Error('never')));
  expect((await one.get('/20/0/4017')).code).toBe('4.04');
  one.log.log('x');
  expect(await status(one)).toBe('1');
});

describe('increments', () => {
  /** What was sent by Send. */
  function sent({ server }: World): string[] {
    return server.received
      .filter(({ path }) => path[0] === 'dp')
      .flatMap(({ payload, contentFormat = -1 }) => decodePayload(payload, contentFormat, '/', registry).records)
      .map(({ value }) => Buffer.from(value instanceof Uint8Array ? value : []).toString());
  }

  async function sending(): Promise<World & { readonly log: EventLog }> {
    const one = await device();
    one.log.connect((values) => one.client.send(values));
    one.log.log('before');
    expect((await one.put('/20/0/4017', '60', TEXT)).code).toBe('2.04');
    await one.server.clock.settle();
    return one;
  }

  test('are sent at once, and then not more often than wanted, each entry once', async () => {
    const one = await sending();
    expect(await status(one)).toBe('9');
    one.log.log('a');
    await one.server.clock.advanceAsync(1_000);
    expect(sent(one)).toEqual(['a\n']);
    one.log.log('b');
    await one.server.clock.advanceAsync(50_000);
    one.log.log('c');
    expect(sent(one)).toEqual(['a\n']);
    await one.server.clock.advanceAsync(10_000);
    expect(sent(one)).toEqual(['a\n', 'b\nc\n']);
    await one.server.clock.advanceAsync(600_000);
    one.log.log('d');
    await one.server.clock.advanceAsync(1_000);
    expect(sent(one)).toEqual(['a\n', 'b\nc\n', 'd\n']);
  });

  test('that were refused are sent once more, with what came meanwhile', async () => {
    const one = await sending();
    one.server.answers.push({ code: 0xa3 });
    one.log.log('a');
    await one.server.clock.advanceAsync(1_000);
    one.log.log('b');
    await one.server.clock.advanceAsync(60_000);
    expect(sent(one)).toEqual(['a\n', 'a\nb\n']);
  });

  test('what is logged while they are on their way is not lost', async () => {
    const one = await sending();
    let release: (() => void) | undefined;
    const values: string[] = [];
    one.log.connect(([value]) => {
      values.push(Buffer.from(value?.value instanceof Uint8Array ? value.value : []).toString());
      return new Promise((resolve) => (release = resolve));
    });
    one.log.log('a');
    await one.server.clock.advanceAsync(1_000);
    one.log.log('b');
    release?.();
    await one.server.clock.advanceAsync(60_000);
    expect(values).toEqual(['a\n', 'b\n']);
  });

  test('end with an interval of 0, and when they are not connected any more', async () => {
    const one = await sending();
    await one.put('/20/0/4017', '0', TEXT);
    one.log.log('a');
    await one.server.clock.advanceAsync(100_000);
    expect([sent(one), await status(one)]).toEqual([[], '1']);
    await one.put('/20/0/4017', '1', TEXT);
    const disconnect = one.log.connect((values) => one.client.send(values));
    disconnect();
    one.log.log('b');
    await one.server.clock.advanceAsync(100_000);
    expect(sent(one)).toEqual([]);
  });
});
