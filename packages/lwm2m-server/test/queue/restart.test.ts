import { describe, expect, test } from 'vitest';
import { CoapError } from '@flownexus/coap';
import type { VirtualClock } from '@flownexus/datagram/testing';
import type { Operation } from '../../src/downlink/operation.ts';
import { MemoryOperationStore } from '../../src/queue/memory-operation-store.ts';
import { DownlinkStage, read } from './downlink-stage.ts';
import { FlakyStore } from './flaky-store.ts';

const REBOOT: Operation = { kind: 'execute', path: '/3/0/4' };

/** A server that is stopped, and the next one on its store. */
async function restarted(
  before: DownlinkStage,
  store: MemoryOperationStore | FlakyStore,
  clock: VirtualClock = before.clock,
): Promise<DownlinkStage> {
  before.queue.stop();
  before.turns.stop();
  for (const sent of before.sent) if (!sent.settled) sent.fail('ERR_LWM2M_SERVER_STATE');
  await before.settle();
  before.timers.clear();
  return DownlinkStage.start({ store, clock, seed: 2 });
}

describe('after a restart', () => {
  test('what was QUEUED is, in its order and with what it is', async () => {
    const store = new MemoryOperationStore();
    const before = await DownlinkStage.start({ store });
    const first = await before.queue.add('dev', read('/1'), { maxAttempts: 5, key: 'k' });
    await before.queue.add('dev', read('/2'));
    const stage = await restarted(before, store);
    expect(await stage.queue.get(first.id)).toEqual(first);
    const third = await stage.queue.add('dev', read('/3'));
    expect(third.sequence).toBe(3);
    stage.register('dev');
    for (const path of ['/1', '/2', '/3']) {
      await stage.settle();
      expect(stage.open()).toEqual([path]);
      stage.one().answer();
    }
  });

  test('what was SENDING is sent again when it is safe to repeat', async () => {
    const store = new MemoryOperationStore();
    const before = await DownlinkStage.start({ store });
    before.register('dev');
    const { id } = await before.queue.add('dev', read('/1'));
    await before.settle();
    const stage = await restarted(before, store);
    expect(await stage.taken()).toEqual(['/1 QUEUED 1 timeout']);
    stage.register('dev');
    await stage.settle();
    stage.one().answer();
    await stage.settle();
    expect(await stage.queue.get(id)).toMatchObject({ state: 'CONFIRMED', attempts: 2 });
  });

  test('what was SENDING for the last time has failed', async () => {
    const store = new MemoryOperationStore();
    const before = await DownlinkStage.start({ store });
    before.register('dev');
    await before.queue.add('dev', read('/1'), { maxAttempts: 1 });
    await before.settle();
    const stage = await restarted(before, store);
    expect(await stage.taken()).toEqual(['/1 FAILED 1 timeout']);
  });

  test('an Execute that was SENDING has failed, since nobody knows what became of it', async () => {
    const store = new MemoryOperationStore();
    const before = await DownlinkStage.start({ store });
    before.register('dev');
    const { id } = await before.queue.add('dev', REBOOT);
    await before.settle();
    const stage = await restarted(before, store);
    expect(await stage.taken()).toEqual(['/3/0/4 FAILED 1 outcome-unknown']);
    expect((await stage.queue.finished(id)).failure).toEqual({
      reason: 'outcome-unknown',
      message: 'it may have been performed, and is not repeated: the server stopped before an answer came',
    });
    stage.register('dev');
    await stage.settle();
    expect(stage.sent).toEqual([]);
  });

  test('an Execute that may be repeated is', async () => {
    const store = new MemoryOperationStore();
    const before = await DownlinkStage.start({ store });
    before.register('dev');
    await before.queue.add('dev', REBOOT, { repeatable: true });
    await before.settle();
    const stage = await restarted(before, store);
    stage.register('dev');
    await stage.settle();
    expect(stage.open()).toEqual(['/3/0/4']);
  });

  test('what expired meanwhile has', async () => {
    const store = new MemoryOperationStore();
    const before = await DownlinkStage.start({ store });
    await before.queue.add('dev', read('/1'), { timeToLiveMs: 1_000 });
    await before.queue.add('dev', read('/2'), { timeToLiveMs: 10_000 });
    before.queue.stop();
    before.timers.clear();
    await before.advance(5_000);
    const stage = await DownlinkStage.start({ store, clock: before.clock });
    stage.register('dev');
    await stage.settle();
    expect(stage.open()).toEqual(['/2']);
    expect(await stage.taken()).toEqual(['/1 FAILED 0 expired', '/2 SENDING 1']);
  });

  test('endpoints that are registered and awake are sent to at once', async () => {
    const store = new MemoryOperationStore();
    const before = await DownlinkStage.start({ store });
    await before.queue.add('dev', read('/1'));
    before.queue.stop();
    const stage = new DownlinkStage({ store });
    await stage.queue.load();
    stage.register('dev');
    await stage.settle();
    expect(stage.sent).toEqual([]);
    stage.queue.start();
    await stage.settle();
    expect(stage.open()).toEqual(['/1']);
  });

  test('two with one key, of which the first could not be saved as replaced, are one', async () => {
    const store = new FlakyStore();
    const before = await DownlinkStage.start({ store });
    await before.queue.add('dev', read('/1'), { key: 'k' });
    store.failing = (what) => what === 'FAILED';
    await before.queue.add('dev', read('/2'), { key: 'k' });
    store.failing = undefined;
    const stage = await restarted(before, store);
    expect(await stage.taken()).toEqual(['/1 FAILED 0 replaced']);
    stage.register('dev');
    await stage.settle();
    expect(stage.open()).toEqual(['/2']);
  });

  test('a store that does not take yet what the restart means is asked again', async () => {
    const store = new FlakyStore();
    const before = await DownlinkStage.start({ store });
    before.register('dev');
    await before.queue.add('dev', REBOOT);
    await before.queue.add('dev', read('/2'));
    await before.settle();
    store.failing = (what) => what === 'FAILED';
    const stage = await restarted(before, store);
    stage.register('dev');
    await stage.settle();
    expect(stage.sent).toEqual([]);
    store.failing = undefined;
    await stage.advance(5_000);
    expect(stage.open()).toEqual(['/2']);
    expect(await stage.taken()).toContain('/3/0/4 FAILED 1 outcome-unknown');
  });

  test('a store that can not be loaded lets the queue not start', async () => {
    const store = new FlakyStore();
    store.load = () => Promise.reject(new Error('disk gone'));
    await expect(DownlinkStage.start({ store })).rejects.toThrow('disk gone');
  });
});

describe('when the server stops', () => {
  test('what is being sent stays SENDING in the store', async () => {
    const store = new MemoryOperationStore();
    const before = await DownlinkStage.start({ store });
    before.register('dev');
    const { id } = await before.queue.add('dev', read('/1'));
    await before.settle();
    before.queue.stop();
    before.one().fail('ERR_LWM2M_SERVER_EXCHANGE', new CoapError('ERR_COAP_CLOSED', 'the endpoint was closed'));
    await before.settle();
    expect(store.get(id)?.state).toBe('SENDING');
  });

  test('an answer that comes meanwhile still counts', async () => {
    const store = new MemoryOperationStore();
    const before = await DownlinkStage.start({ store });
    before.register('dev');
    const { id } = await before.queue.add('dev', REBOOT);
    await before.settle();
    before.queue.stop();
    before.one().answer();
    await before.settle();
    expect(store.get(id)?.state).toBe('CONFIRMED');
  });

  test('nothing more is sent, and no timer is left of the queue', async () => {
    const stage = await DownlinkStage.start();
    stage.register('dev');
    await stage.queue.add('dev', read('/1'));
    await stage.queue.add('dev', read('/2'));
    await stage.settle();
    stage.one().refuse('5.03');
    await stage.settle();
    stage.queue.stop();
    await stage.advance(1_000_000);
    stage.update('dev');
    await stage.settle();
    expect(stage.sent.length).toBe(1);
  });
});
