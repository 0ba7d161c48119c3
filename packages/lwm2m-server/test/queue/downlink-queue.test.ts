import { describe, expect, test } from 'vitest';
import { CoapError } from '@flownexus/coap';
import type { Operation } from '../../src/downlink/operation.ts';
import { limits } from '../../src/limits.ts';
import { DownlinkStage, MAX_TRANSMIT_WAIT_MS, read } from './downlink-stage.ts';

const REBOOT: Operation = { kind: 'execute', path: '/3/0/4' };

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

test('so many operations are sent at a time, and the next when one of them is over', async () => {
  const stage = await DownlinkStage.start({ maxSending: 2 });
  for (const name of ['a', 'b', 'c', 'd']) {
    stage.register(name);
    await stage.queue.add(name, read(`/${name}`));
  }
  await stage.settle();
  expect(stage.open()).toEqual(['/a', '/b']);
  stage.sent[1]?.answer();
  await stage.settle();
  expect(stage.open()).toEqual(['/a', '/c']);
  stage.sent[0]?.refuse('5.03');
  await stage.settle();
  expect(stage.open()).toEqual(['/c', '/d']);
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
