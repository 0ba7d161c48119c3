import { describe, expect, test } from 'vitest';
import { Lwm2mServerError } from '../../src/errors.ts';
import { limits } from '../../src/limits.ts';
import { DownlinkStage, read } from './downlink-stage.ts';

async function code(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return error instanceof Lwm2mServerError ? error.code : String(error);
  }
}

describe('the time to live', () => {
  test('ends what is QUEUED', async () => {
    const stage = await DownlinkStage.start();
    const { id } = await stage.queue.add('dev', read('/1'), { timeToLiveMs: 60_000 });
    await stage.queue.add('dev', read('/2'));
    await stage.advance(59_999);
    expect((await stage.queue.get(id))?.state).toBe('QUEUED');
    await stage.advance(1);
    expect(await stage.queue.get(id)).toMatchObject({ state: 'FAILED', failure: { reason: 'expired' } });
    stage.register('dev');
    await stage.settle();
    expect(stage.open()).toEqual(['/2']);
  });

  test('leaves what is being sent to its answer', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', read('/1'), { timeToLiveMs: 10_000 });
    await stage.advance(20_000);
    stage.one().answer();
    expect((await stage.taken()).at(-1)).toBe('/1 CONFIRMED 1');
    expect(stage.timers.size).toBe(2); // the awake time, and the answer that did not have to be waited for
  });

  test('that was over while it was being sent lets it not be tried again', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', read('/1'), { timeToLiveMs: 10_000 });
    await stage.advance(20_000);
    stage.one().refuse('5.03');
    expect((await stage.taken()).at(-1)).toBe('/1 FAILED 1 expired 5.03');
  });

  test('goes on after an attempt', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', read('/1'), { timeToLiveMs: 200_000 });
    await stage.advance(199_999);
    expect((await stage.taken()).at(-1)).toBe('/1 QUEUED 1 timeout');
    await stage.advance(1);
    expect(await stage.taken()).toEqual(['/1 FAILED 1 expired']);
  });
});

describe('cancel', () => {
  test('ends what is QUEUED, wherever it stands', async () => {
    const stage = await DownlinkStage.start();
    const ids: string[] = [];
    for (const path of ['/1', '/2', '/3']) ids.push((await stage.queue.add('dev', read(path))).id);
    expect(await stage.queue.cancel(ids[1] ?? '')).toBe(true);
    expect(await stage.queue.cancel(ids[1] ?? '')).toBe(false);
    expect(await stage.queue.cancel(ids[0] ?? '')).toBe(true);
    stage.register('dev');
    await stage.settle();
    expect(stage.open()).toEqual(['/3']);
    expect((await stage.taken()).slice(3, 5)).toEqual(['/2 FAILED 0 cancelled', '/1 FAILED 0 cancelled']);
  });

  test('lets go of what is being sent, and the next has its turn', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    const { id } = await stage.queue.add('dev', read('/1'));
    await stage.queue.add('dev', read('/2'));
    await stage.settle();
    expect(await stage.queue.cancel(id)).toBe(true);
    await stage.settle();
    expect(stage.open()).toEqual(['/2']);
    expect((await stage.taken()).slice(-2)).toEqual(['/1 FAILED 1 cancelled', '/2 SENDING 1']);
  });

  test('of what waits for its turn', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    void stage.turns.run('dev', {}, (endpoint, bounds) => stage.send(endpoint, read('/direct'), bounds));
    const { id } = await stage.queue.add('dev', read('/1'));
    await stage.queue.add('dev', read('/2'));
    await stage.settle();
    expect(await stage.queue.cancel(id)).toBe(true);
    stage.one().answer();
    await stage.settle();
    expect(stage.open()).toEqual(['/2']);
  });

  test('of what is finished or not known means nothing', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    const { id } = await stage.queue.add('dev', read('/1'));
    await stage.settle();
    stage.one().answer();
    await stage.settle();
    expect(await stage.queue.cancel(id)).toBe(false);
    expect(await stage.queue.cancel('nothing')).toBe(false);
  });
});

test('metadata stays with an operation to its end', async () => {
  const stage = await DownlinkStage.start();
  stage.register('dev');
  const { id } = await stage.queue.add('dev', read('/1'), { metadata: 'anna' });
  await stage.settle();
  stage.one().answer();
  await stage.settle();
  expect(await stage.queue.get(id)).toMatchObject({ state: 'CONFIRMED', metadata: 'anna' });
});

describe('a key', () => {
  test('lets a later operation take the place of one that is QUEUED, at the end of the line', async () => {
    const stage = await DownlinkStage.start();
    await stage.queue.add('dev', read('/1'), { key: 'k' });
    await stage.queue.add('dev', read('/2'));
    await stage.queue.add('dev', read('/3'), { key: 'k' });
    await stage.queue.add('other', read('/4'), { key: 'k' });
    expect(await stage.taken()).toEqual([
      '/1 QUEUED 0',
      '/2 QUEUED 0',
      '/3 QUEUED 0',
      '/1 FAILED 0 replaced',
      '/4 QUEUED 0',
    ]);
    expect(stage.queue.size).toBe(3);
  });

  test('leaves one that is being sent to its answer', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', read('/1'), { key: 'k' });
    await stage.settle();
    await stage.queue.add('dev', read('/2'), { key: 'k' });
    stage.one().answer();
    await stage.settle();
    expect(stage.open()).toEqual(['/2']);
    expect(await stage.taken()).toContain('/1 CONFIRMED 1');
  });

  test('does not let one be tried again when a later one is there', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', read('/1'), { key: 'k' });
    await stage.settle();
    await stage.queue.add('dev', read('/2'), { key: 'k' });
    await stage.settle();
    stage.one().refuse('5.03');
    await stage.settle();
    expect((await stage.taken()).slice(-3)).toEqual([
      '/1 QUEUED 1 rejected 5.03',
      '/1 FAILED 1 replaced',
      '/2 SENDING 1',
    ]);
  });
});

describe('finished', () => {
  test('resolves when the operation is', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    const { id } = await stage.queue.add('dev', read('/1'));
    const finished = stage.queue.finished(id);
    const again = stage.queue.finished(id, { signal: new AbortController().signal });
    await stage.settle();
    stage.one().answer();
    expect((await finished).state).toBe('CONFIRMED');
    expect((await again).state).toBe('CONFIRMED');
    expect((await stage.queue.finished(id)).state).toBe('CONFIRMED');
  });

  test('rejects when the signal aborts, when the operation is not known, and when the server stops', async () => {
    const stage = await DownlinkStage.start();
    const { id } = await stage.queue.add('dev', read('/1'));
    const controller = new AbortController();
    const aborted = code(stage.queue.finished(id, { signal: controller.signal }));
    controller.abort();
    expect(await aborted).toBe('ERR_LWM2M_SERVER_ABORTED');
    expect(await code(stage.queue.finished(id, { signal: AbortSignal.abort() }))).toBe('ERR_LWM2M_SERVER_ABORTED');
    expect(await code(stage.queue.finished('nothing'))).toBe('ERR_LWM2M_SERVER_UNKNOWN_OPERATION');
    const waiting = code(stage.queue.finished(id));
    stage.queue.stop();
    expect(await waiting).toBe('ERR_LWM2M_SERVER_STATE');
    expect(await code(stage.queue.finished(id))).toBe('ERR_LWM2M_SERVER_STATE');
  });
});

describe('add refuses', () => {
  test.each([
    [{ timeToLiveMs: 0 }],
    [{ timeToLiveMs: Infinity }],
    [{ maxAttempts: 0 }],
    [{ maxAttempts: 1.5 }],
    [{ maxAttempts: limits.maxAttempts + 1 }],
    [{ key: 'x'.repeat(limits.maxOperationKeyLength + 1) }],
    [{ metadata: 'x'.repeat(limits.maxOperationMetadataLength + 1) }],
  ])('the options %o', async (options) => {
    const stage = await DownlinkStage.start();
    await expect(stage.queue.add('dev', read('/1'), options)).rejects.toThrow(RangeError);
    expect(stage.queue.size).toBe(0);
  });

  test.each(['', 'a\nb', 'x'.repeat(256)])('the endpoint name %j', async (name) => {
    const stage = await DownlinkStage.start();
    await expect(stage.queue.add(name, read('/1'))).rejects.toThrow(RangeError);
  });

  test('what can never be sent', async () => {
    const stage = await DownlinkStage.start({
      check: () => {
        throw new TypeError('no operation');
      },
    });
    await expect(stage.queue.add('dev', read('/1'))).rejects.toThrow('no operation');
  });

  test('more than an endpoint may have, those being saved included', async () => {
    const stage = await DownlinkStage.start();
    const adds = Array.from({ length: limits.maxQueuedOperationsPerEndpoint + 1 }, () =>
      code(stage.queue.add('dev', read('/1'))),
    );
    const codes = await Promise.all(adds);
    expect(codes.at(-1)).toBe('ERR_LWM2M_SERVER_LIMIT');
    expect(codes.filter((each) => each === 'none').length).toBe(limits.maxQueuedOperationsPerEndpoint);
    expect(await code(stage.queue.add('other', read('/1')))).toBe('none');
  });

  test('all while it does not run', async () => {
    const stage = new DownlinkStage();
    expect(await code(stage.queue.add('dev', read('/1')))).toBe('ERR_LWM2M_SERVER_STATE');
    await stage.queue.load();
    stage.queue.start();
    stage.queue.stop();
    expect(await code(stage.queue.add('dev', read('/1')))).toBe('ERR_LWM2M_SERVER_STATE');
  });
});

test('list gives those of an endpoint, the latest first', async () => {
  const stage = await DownlinkStage.start();
  for (const path of ['/1', '/2', '/3']) await stage.queue.add('dev', read(path));
  await stage.queue.add('other', read('/4'));
  const paths = (await stage.queue.list('dev', 2)).map(({ operation }) => 'path' in operation && operation.path);
  expect(paths).toEqual(['/3', '/2']);
  await expect(stage.queue.list('dev', 0)).rejects.toThrow(RangeError);
});
