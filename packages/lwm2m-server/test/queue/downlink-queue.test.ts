import { describe, expect, test } from 'vitest';
import { CoapError } from '@flownexus/coap';
import type { Operation } from '../../src/downlink/operation.ts';
import { Lwm2mServerError } from '../../src/errors.ts';
import { limits } from '../../src/limits.ts';
import { DownlinkStage, MAX_TRANSMIT_WAIT_MS, read } from './downlink-stage.ts';

const REBOOT: Operation = { kind: 'execute', path: '/3/0/4' };

async function code(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return error instanceof Lwm2mServerError ? error.code : String(error);
  }
}

describe('an operation', () => {
  test('is saved, sent while its endpoint is awake, and confirmed by its answer', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    const queued = await stage.queue.add('dev', read('/3/0/1'));
    expect(queued).toMatchObject({ state: 'QUEUED', sequence: 1, attempts: 0, maxAttempts: 3, repeatable: true });
    await stage.settle();
    expect((await stage.queue.get(queued.id))?.state).toBe('SENDING');
    stage.one().answer({ responseCode: '2.05', contentFormat: 0 });
    expect(await stage.taken()).toEqual(['/3/0/1 QUEUED 0', '/3/0/1 SENDING 1', '/3/0/1 CONFIRMED 1']);
    expect(await stage.queue.get(queued.id)).toMatchObject({
      state: 'CONFIRMED',
      result: { responseCode: '2.05', contentFormat: 0 },
      failure: undefined,
    });
    expect(stage.queue.size).toBe(0);
  });

  test('waits until its endpoint registers', async () => {
    const stage = await DownlinkStage.start();
    await stage.queue.add('dev', read('/1'));
    await stage.advance(86_400_000);
    expect(stage.sent).toEqual([]);
    stage.register('dev');
    await stage.settle();
    expect(stage.open()).toEqual(['/1']);
  });

  test.each(['update', 'send', 'notification'] as const)('waits until its endpoint is heard: %s', async (uplink) => {
    const stage = await DownlinkStage.start();
    const endpoint = stage.register('dev');
    await stage.advance(MAX_TRANSMIT_WAIT_MS);
    await stage.queue.add('dev', read('/1'));
    await stage.advance(86_400_000);
    expect(stage.sent).toEqual([]);
    stage.presence.heard(endpoint, uplink);
    await stage.settle();
    expect(stage.open()).toEqual(['/1']);
  });

  test('is a copy: what the caller does with its own changes nothing', async () => {
    const stage = await DownlinkStage.start();
    const payload = Uint8Array.of(1);
    const { id } = await stage.queue.add('dev', { kind: 'request', method: 'PUT', path: [], payload });
    payload[0] = 2;
    expect((await stage.queue.get(id))?.operation).toMatchObject({ payload: Uint8Array.of(1) });
  });
});

describe('the order', () => {
  test('of five writes is kept, one at a time, also without queue mode', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev', { queueMode: false });
    for (const path of ['/1', '/2', '/3', '/4', '/5']) await stage.queue.add('dev', read(path));
    const order: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      await stage.settle();
      order.push(stage.one().path);
      stage.one().answer();
    }
    expect(order).toEqual(['/1', '/2', '/3', '/4', '/5']);
  });

  test('is kept while the first is tried again: it keeps its place', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', read('/1'));
    await stage.queue.add('dev', read('/2'));
    await stage.settle();
    stage.one().refuse('5.03');
    await stage.settle();
    expect(stage.open()).toEqual([]);
    await stage.advance(5_000);
    expect(stage.open()).toEqual(['/1']);
    stage.one().answer();
    await stage.settle();
    expect(stage.open()).toEqual(['/2']);
  });

  test('of one endpoint does not hold up another', async () => {
    const stage = await DownlinkStage.start();
    stage.register('a');
    stage.register('b');
    await stage.queue.add('a', read('/1'));
    await stage.queue.add('b', read('/2'));
    await stage.settle();
    expect(stage.open()).toEqual(['/1', '/2']);
  });

  test('among operations of callers is that of their turns', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    const direct = stage.turns.run('dev', {}, (endpoint, bounds) => stage.send(endpoint, read('/direct'), bounds));
    await stage.queue.add('dev', read('/queued'));
    await stage.settle();
    expect(stage.open()).toEqual(['/direct']);
    // Until its turn it is not SENDING.
    expect((await stage.taken()).at(-1)).toBe('/queued QUEUED 0');
    stage.one().answer();
    await direct;
    await stage.settle();
    expect(stage.open()).toEqual(['/queued']);
  });
});

describe('no answer', () => {
  test('three times in all, and each time it is heard one attempt: QUEUED, QUEUED, FAILED', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', read('/1'));
    await stage.taken();
    await stage.advance(1_000_000);
    expect(await stage.taken()).toEqual(['dev asleep: silence', '/1 QUEUED 1 timeout']);
    stage.update('dev');
    await stage.advance(1_000_000);
    expect(await stage.taken()).toEqual([
      'dev awake: update',
      '/1 SENDING 2 timeout',
      'dev asleep: silence',
      '/1 QUEUED 2 timeout',
    ]);
    stage.update('dev');
    await stage.advance(1_000_000);
    expect(await stage.taken()).toEqual([
      'dev awake: update',
      '/1 SENDING 3 timeout',
      'dev asleep: silence',
      '/1 FAILED 3 timeout',
    ]);
    stage.update('dev');
    await stage.advance(1_000_000);
    expect(stage.sent.length).toBe(3);
  });

  test.each(['execute', 'create'])('to an %s: nobody knows what became of it, and it is not repeated', async (kind) => {
    const stage = await DownlinkStage.start();
    stage.register('dev', { queueMode: false });
    await stage.queue.add('dev', { ...REBOOT, kind } as Operation);
    await stage.advance(1_000_000);
    expect((await stage.taken()).at(-1)).toBe('/3/0/4 FAILED 1 outcome-unknown');
    stage.update('dev');
    await stage.settle();
    expect(stage.sent.length).toBe(1);
  });

  test('to an Execute that may be repeated: it is', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev', { queueMode: false });
    await stage.queue.add('dev', REBOOT, { repeatable: true });
    await stage.advance(1_000_000);
    stage.update('dev');
    await stage.settle();
    expect(stage.open()).toEqual(['/3/0/4']);
  });

  test('since the device became another peer: the new one is asked at once', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', read('/1'));
    await stage.settle();
    const endpoint = stage.register('dev', {}, 'another peer');
    await stage.settle();
    expect(stage.one().endpoint).toBe(endpoint);
    expect((await stage.taken()).slice(-2)).toEqual(['/1 QUEUED 1 timeout', '/1 SENDING 2 timeout']);
  });
});

describe('an answer', () => {
  test.each(['4.00', '4.04', '4.05', '4.15'])('of %s fails it at once', async (responseCode) => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    const { id } = await stage.queue.add('dev', read('/1'));
    await stage.queue.add('dev', read('/2'));
    await stage.settle();
    stage.one().refuse(responseCode);
    await stage.settle();
    expect(await stage.queue.get(id)).toMatchObject({ state: 'FAILED', failure: { reason: 'rejected', responseCode } });
    expect(stage.open()).toEqual(['/2']);
  });

  test('of 4.xx to a request as it stands is no confirmation either', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', { kind: 'request', method: 'GET', path: ['3'] });
    await stage.settle();
    stage.one().answer({ responseCode: '4.04' });
    expect((await stage.taken()).at(-1)).toBe('3 FAILED 1 rejected 4.04');
  });

  test.each(['5.00', '5.03', '4.29'])(
    'of %s lets it wait, longer each time, three times in all',
    async (responseCode) => {
      const stage = await DownlinkStage.start();
      stage.register('dev');
      await stage.queue.add('dev', read('/1'));
      await stage.settle();
      stage.one().refuse(responseCode);
      await stage.advance(4_999);
      stage.update('dev'); // an uplink does not cut it short
      await stage.settle();
      expect(stage.open()).toEqual([]);
      await stage.advance(1);
      stage.one().refuse(responseCode);
      await stage.advance(9_999);
      expect(stage.open()).toEqual([]);
      await stage.advance(1);
      stage.one().refuse(responseCode);
      expect((await stage.taken()).at(-1)).toBe(`/1 FAILED 3 rejected ${responseCode}`);
    },
  );

  test('of 5.xx, and the device falls asleep: it is tried again when it wakes', async () => {
    const stage = await DownlinkStage.start({ awakeTimeMs: 2_000 });
    stage.register('dev');
    await stage.queue.add('dev', read('/1'));
    await stage.settle();
    stage.one().refuse('5.03');
    await stage.advance(2_500);
    stage.update('dev');
    await stage.settle();
    expect(stage.open()).toEqual(['/1']);
  });

  test('that does not decode fails it', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', read('/1'));
    await stage.settle();
    stage.one().fail('ERR_LWM2M_SERVER_PAYLOAD');
    expect((await stage.taken()).at(-1)).toBe('/1 FAILED 1 payload');
  });
});

test('what has no form fails as invalid', async () => {
  const stage = await DownlinkStage.start();
  stage.register('dev');
  await stage.queue.add('dev', read('/1'));
  await stage.settle();
  stage.one().reject(new RangeError('no form'));
  expect((await stage.taken()).at(-1)).toBe('/1 FAILED 1 invalid');
});

describe('when nothing could leave', () => {
  const tooMuch = new CoapError('ERR_COAP_LIMIT', 'too many exchanges');

  test('the attempt does not count, and it is tried again after a while', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev', { queueMode: false });
    await stage.queue.add('dev', REBOOT);
    await stage.settle();
    for (const delayMs of [1_000, 2_000, 4_000]) {
      stage.one().fail('ERR_LWM2M_SERVER_EXCHANGE', tooMuch);
      await stage.advance(delayMs - 1);
      expect(stage.open()).toEqual([]);
      await stage.advance(1);
    }
    stage.one().answer();
    expect((await stage.taken()).slice(-3)).toEqual(['/3/0/4 QUEUED 0', '/3/0/4 SENDING 1', '/3/0/4 CONFIRMED 1']);
  });

  test('again and again, it fails in the end', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev', { queueMode: false });
    const { id } = await stage.queue.add('dev', read('/1'), { maxAttempts: 1 });
    await stage.settle();
    for (let count = 0; count <= limits.maxUnsentAttempts; count += 1) {
      stage.one().fail('ERR_LWM2M_SERVER_EXCHANGE', tooMuch);
      await stage.advance(60_000);
    }
    expect(await stage.queue.get(id)).toMatchObject({ state: 'FAILED', attempts: 1, failure: { reason: 'timeout' } });
  });

  test('since too many operations of callers wait, it is tried again after a while', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    const controller = new AbortController();
    const runs = Array.from({ length: limits.maxWaitingOperationsPerEndpoint + 1 }, () =>
      stage.turns
        .run('dev', { signal: controller.signal }, (endpoint, bounds) => stage.send(endpoint, read('/x'), bounds))
        .catch(() => undefined),
    );
    await stage.queue.add('dev', read('/1'));
    await stage.settle();
    controller.abort();
    await Promise.all(runs);
    expect(stage.open()).toEqual([]);
    await stage.advance(1_000);
    expect(stage.open()).toEqual(['/1']);
    expect(stage.events.map(({ state }) => state)).toEqual(['QUEUED', 'SENDING']);
  });
});

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
    await stage.queue.start();
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

test('nothing is kept when all is over', async () => {
  const stage = await DownlinkStage.start();
  stage.register('dev');
  for (const path of ['/1', '/2']) await stage.queue.add('dev', read(path), { key: path, timeToLiveMs: 1_000_000 });
  await stage.settle();
  stage.one().answer();
  await stage.settle();
  stage.one().refuse('4.00');
  await stage.advance(MAX_TRANSMIT_WAIT_MS);
  expect(stage.timers.size).toBe(0);
  expect(stage.queue.size).toBe(0);
  expect(stage.underway.size).toBe(0);
});
