import { describe, expect, test } from 'vitest';
import type { OperationState } from '../../src/queue/operation-store.ts';
import { DownlinkStage, read } from './downlink-stage.ts';
import { FlakyStore } from './flaky-store.ts';

async function stageOn(store: FlakyStore): Promise<DownlinkStage> {
  const stage = await DownlinkStage.start({ store });
  stage.register('dev');
  return stage;
}

const only =
  (...states: (OperationState | 'get')[]) =>
  (what: OperationState | 'get'): boolean =>
    states.includes(what);

function errors(log: readonly string[]): number {
  return log.filter((line) => line.startsWith('error: ')).length;
}

test('an operation that can not be saved is not queued, and its caller knows', async () => {
  const store = new FlakyStore();
  const stage = await stageOn(store);
  store.failing = only('QUEUED');
  await expect(stage.queue.add('dev', read('/1'))).rejects.toThrow('disk full');
  expect(stage.queue.size).toBe(0);
  store.failing = undefined;
  await stage.queue.add('dev', read('/2'));
  await stage.settle();
  expect(stage.open()).toEqual(['/2']);
  expect(await stage.taken()).toEqual(['/2 QUEUED 0', '/2 SENDING 1']);
});

test('nothing is sent before the store has it as SENDING', async () => {
  const store = new FlakyStore();
  const stage = await stageOn(store);
  await stage.queue.add('dev', read('/1'));
  store.held = [];
  await stage.advance(1_000);
  expect(stage.sent).toEqual([]);
  store.release();
  await stage.settle();
  expect(stage.open()).toEqual(['/1']);
});

test('nothing is told, and nothing else sent, before the store has the answer', async () => {
  const store = new FlakyStore();
  const stage = await stageOn(store);
  const { id } = await stage.queue.add('dev', read('/1'));
  await stage.queue.add('dev', read('/2'));
  const finished: string[] = [];
  void stage.queue.finished(id).then(({ state }) => finished.push(state));
  await stage.settle();
  store.held = [];
  stage.one().answer();
  await stage.settle();
  expect([stage.open(), finished]).toEqual([[], []]);
  expect(await stage.taken()).toEqual(['/1 QUEUED 0', '/1 SENDING 1', '/2 QUEUED 0']);
  store.held.splice(0).forEach((go) => go());
  store.held = undefined;
  expect(await stage.taken()).toEqual(['/1 CONFIRMED 1', '/2 SENDING 1']);
  expect(finished).toEqual(['CONFIRMED']);
});

describe('a store that does not take SENDING', () => {
  test.each(['get', 'SENDING'] as const)('(%s) lets nothing be sent; it is asked again after a while', async (what) => {
    const store = new FlakyStore();
    const stage = await stageOn(store);
    store.failing = only(what);
    await stage.queue.add('dev', read('/1'));
    await stage.advance(12_000);
    expect(stage.sent).toEqual([]);
    expect(errors(await stage.taken())).toBe(3); // at 0, 5 and 10 s
    store.failing = undefined;
    await stage.advance(3_000);
    expect(stage.open()).toEqual(['/1']);
    expect(await stage.taken()).toEqual(['/1 SENDING 1']);
  });

  test('is asked again when the endpoint is heard', async () => {
    const store = new FlakyStore();
    const stage = await stageOn(store);
    store.failing = only('SENDING');
    await stage.queue.add('dev', read('/1'));
    await stage.settle();
    store.failing = undefined;
    stage.update('dev');
    await stage.settle();
    expect(stage.open()).toEqual(['/1']);
  });
});

describe('a store that does not take what became of an operation', () => {
  test.each([
    ['CONFIRMED', '2.04', '/1 CONFIRMED 1'],
    ['FAILED', '4.04', '/1 FAILED 1 rejected 4.04'],
    ['QUEUED', '5.03', '/1 QUEUED 1 rejected 5.03'],
  ] as const)('(%s) is asked again after a while; meanwhile nothing else moves', async (state, code, line) => {
    const store = new FlakyStore();
    const stage = await stageOn(store);
    const { id } = await stage.queue.add('dev', read('/1'));
    await stage.queue.add('dev', read('/2'));
    await stage.settle();
    store.failing = only(state);
    if (code === '2.04') stage.one().answer();
    else stage.one().refuse(code);
    await stage.taken();
    await stage.advance(7_000);
    expect(errors(await stage.taken())).toBe(1);
    expect(stage.open()).toEqual([]);
    expect((await stage.queue.get(id))?.state).toBe('SENDING');
    store.failing = undefined;
    await stage.advance(3_000);
    expect((await stage.taken())[0]).toBe(line);
    // The pause after 5.03 was over meanwhile.
    expect(stage.open()).toEqual([state === 'QUEUED' ? '/1' : '/2']);
  });

  test('is asked again when the endpoint is heard, once at a time', async () => {
    const store = new FlakyStore();
    const stage = await stageOn(store);
    await stage.queue.add('dev', read('/1'));
    await stage.settle();
    store.failing = only('CONFIRMED');
    stage.one().answer();
    await stage.taken();
    store.held = [];
    for (let count = 0; count < 3; count += 1) stage.update('dev');
    await stage.settle();
    expect(store.held.length).toBe(1);
    store.held.splice(0).forEach((go) => go());
    store.held = undefined;
    expect(errors(await stage.taken())).toBe(1);
    store.failing = undefined;
    stage.update('dev');
    expect(await stage.taken()).toEqual(['/1 CONFIRMED 1']);
  });

  test('does not let a cancel undo what was confirmed', async () => {
    const store = new FlakyStore();
    const stage = await stageOn(store);
    const { id } = await stage.queue.add('dev', read('/1'));
    await stage.settle();
    store.failing = only('CONFIRMED');
    stage.one().answer();
    await stage.settle();
    expect(await stage.queue.cancel(id)).toBe(false);
    store.failing = undefined;
    await stage.advance(5_000);
    expect((await stage.taken()).at(-1)).toBe('/1 CONFIRMED 1');
  });

  test('does not let the time to live end what was confirmed', async () => {
    const store = new FlakyStore();
    const stage = await stageOn(store);
    await stage.queue.add('dev', read('/1'), { timeToLiveMs: 10_000 });
    await stage.settle();
    store.failing = only('CONFIRMED', 'FAILED');
    stage.one().answer();
    await stage.advance(60_000);
    store.failing = undefined;
    await stage.advance(5_000);
    expect((await stage.taken()).at(-1)).toBe('/1 CONFIRMED 1');
  });
});

describe('a store that fails', () => {
  test('does not lose that a time to live is over', async () => {
    const store = new FlakyStore();
    const stage = await DownlinkStage.start({ store });
    await stage.queue.add('dev', read('/1'), { timeToLiveMs: 1_000 });
    store.failing = only('FAILED', 'get');
    await stage.advance(8_000);
    stage.register('dev');
    await stage.settle();
    expect(stage.sent).toEqual([]);
    store.failing = undefined;
    await stage.advance(5_000);
    expect((await stage.taken()).at(-1)).toBe('/1 FAILED 0 expired');
    expect(stage.queue.size).toBe(0);
  });

  test('does not lose that an operation was replaced', async () => {
    const store = new FlakyStore();
    const stage = await DownlinkStage.start({ store });
    await stage.queue.add('dev', read('/1'), { key: 'k' });
    store.failing = only('FAILED');
    await stage.queue.add('dev', read('/2'), { key: 'k' });
    stage.register('dev');
    await stage.settle();
    expect(stage.sent).toEqual([]);
    store.failing = undefined;
    await stage.advance(5_000);
    expect(stage.open()).toEqual(['/2']);
    expect(await stage.taken()).toContain('/1 FAILED 0 replaced');
  });

  test('lets nothing be sent that was replaced, though nobody could look it up', async () => {
    const store = new FlakyStore();
    const stage = await DownlinkStage.start({ store });
    await stage.queue.add('dev', read('/1'), { key: 'k' });
    store.failing = only('get');
    await stage.queue.add('dev', read('/2'), { key: 'k' });
    store.failing = undefined;
    stage.register('dev');
    await stage.settle();
    expect(stage.open()).toEqual(['/2']);
  });

  test('lets a cancel reject, with nothing changed', async () => {
    const store = new FlakyStore();
    const stage = await stageOn(store);
    const { id } = await stage.queue.add('dev', read('/1'));
    await stage.settle();
    store.failing = only('FAILED');
    await expect(stage.queue.cancel(id)).rejects.toThrow('disk full');
    stage.one().answer();
    expect((await stage.taken()).at(-1)).toBe('/1 CONFIRMED 1');
  });
});

test('an operation that the store has lost is given up, and the next is sent', async () => {
  const store = new FlakyStore();
  const stage = await DownlinkStage.start({ store });
  const { id } = await stage.queue.add('dev', read('/1'));
  await stage.queue.add('dev', read('/2'));
  const finished = stage.queue.finished(id);
  store.get = (asked) => Promise.resolve(asked === id ? undefined : store.kept.get(asked));
  stage.register('dev');
  await expect(finished).rejects.toThrow(`there is no operation ${id}`);
  await stage.settle();
  expect(stage.open()).toEqual(['/2']);
  expect((await stage.taken())[2]).toBe(
    `error: the operation ${id} of dev is given up: the store does not have it any more`,
  );
});

test('a device that fell asleep while SENDING was being saved gets nothing, and the attempt does not count', async () => {
  const store = new FlakyStore();
  const stage = await stageOn(store);
  store.held = [];
  const added = stage.queue.add('dev', read('/1'));
  store.release();
  await added;
  await stage.settle();
  store.release();
  await stage.advance(100_000);
  store.held.splice(0).forEach((go) => go());
  store.held = undefined;
  expect((await stage.taken()).slice(-3)).toEqual(['dev asleep: silence', '/1 SENDING 1', '/1 QUEUED 0']);
  expect(stage.sent).toEqual([]);
  stage.update('dev');
  await stage.settle();
  expect(stage.open()).toEqual(['/1']);
});

test('a device that became another peer while SENDING was being saved is asked there, and the attempt does not count', async () => {
  const store = new FlakyStore();
  const stage = await stageOn(store);
  store.held = [];
  const added = stage.queue.add('dev', { kind: 'execute', path: '/1' });
  store.release();
  await added;
  await stage.settle();
  const endpoint = stage.register('dev', {}, 'another peer');
  store.held.splice(0).forEach((go) => go());
  store.held = undefined;
  await stage.settle();
  expect(stage.one().endpoint).toBe(endpoint);
  expect(await stage.taken()).toEqual(['/1 QUEUED 0', '/1 SENDING 1', '/1 QUEUED 0', '/1 SENDING 1']);
});

test('an operation that is replaced while it waits for its turn is not sent, though nobody could look it up', async () => {
  const store = new FlakyStore();
  const stage = await stageOn(store);
  void stage.turns.run('dev', {}, (endpoint, bounds) => stage.send(endpoint, read('/direct'), bounds));
  await stage.queue.add('dev', read('/1'), { key: 'k' });
  await stage.settle();
  store.failing = only('get');
  await stage.queue.add('dev', read('/2'), { key: 'k' });
  store.failing = undefined;
  stage.one().answer();
  await stage.settle();
  expect(stage.open()).toEqual(['/2']);
});

test('operations of one endpoint are saved one after another, in the order in which they were added', async () => {
  const store = new FlakyStore();
  const stage = await DownlinkStage.start({ store });
  store.held = [];
  const added = ['/1', '/2', '/3'].map((path) => stage.queue.add('dev', read(path)));
  expect(store.held.length).toBe(1);
  store.held.splice(0).forEach((go) => go());
  store.held = undefined;
  expect((await Promise.all(added)).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(stage.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});
