import { expect, test } from 'vitest';
import { Code, type RequestOptions } from '../../src/index.ts';
import { body, World } from './world.ts';

/** RFC 7252 §4.7. */
test('one request to a peer at a time, the others wait in order', async () => {
  const world = await World.open();
  const done: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    void world.endpoint.request(world.peer, { method: Code.GET, path: [name] }).then(() => done.push(name));
  }
  const first = await world.hear();
  await world.say({ type: 'ACK', messageId: first.messageId }); // acknowledged: not outstanding any more
  const second = await world.hear();
  await world.piggyback(second, { code: '2.05' });
  expect(done).toEqual(['b']);
  const third = await world.hear();
  await world.say({ type: 'CON', code: '2.05', token: first.token });
  world.device.takeAll();
  await world.piggyback(third, { code: '2.05' });
  expect(done).toEqual(['b', 'a', 'c']);
  await world.end();
});

test('another peer has a queue of its own', async () => {
  const world = await World.open();
  const other = world.network.peer('10.0.0.3', 40_000);
  const otherPeer = await world.endpoint.connect('10.0.0.3', 40_000);
  void world.endpoint.request(world.peer, { method: Code.GET }).catch(() => undefined);
  void world.endpoint.request(otherPeer, { method: Code.GET }).catch(() => undefined);
  await world.hear();
  await world.hear(other);
  await world.end();
});

test('a time-out lets the next request go', async () => {
  const world = await World.open();
  const first = world.endpoint.request(world.peer, { method: Code.GET, path: ['a'] });
  const second = world.endpoint.request(world.peer, { method: Code.GET, path: ['b'] });
  await expect(world.clock.runUntil(first)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
  await world.clock.settle();
  expect(world.device.takeAll()).toHaveLength(6);
  second.catch(() => undefined);
  await world.end();
});

test('requests that time out together are not sent one after the other in that moment', async () => {
  const world = await World.open();
  const requests = ['a', 'b', 'c', 'd'].map((name) =>
    world.endpoint.request(world.peer, { method: Code.GET, path: [name] }, { timeoutMs: 1_000 }),
  );
  const outcomes = Promise.allSettled(requests);
  await world.clock.advanceAsync(2_000);
  expect((await outcomes).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  expect(world.device.takeAll()).toHaveLength(1);
  await world.end();
});

test('a request that is aborted while it waits is never sent', async () => {
  const world = await World.open();
  const abort = new AbortController();
  const first = world.endpoint.request(world.peer, { method: Code.GET, path: ['a'] });
  const second = world.endpoint.request(world.peer, { method: Code.GET, path: ['b'] }, { signal: abort.signal });
  second.catch(() => undefined);
  abort.abort();
  await expect(second).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
  await world.piggyback(await world.hear(), { code: '2.05' });
  await first;
  await world.hearNothing();
  await world.end();
});

test('NSTART can be raised', async () => {
  const world = await World.open({ parameters: { nstart: 2 } });
  for (const name of ['a', 'b', 'c']) {
    world.endpoint.request(world.peer, { method: Code.GET, path: [name] }).catch(() => undefined);
  }
  await world.clock.settle();
  expect(world.device.received).toHaveLength(2);
  await world.end();
});

test('the queue is bounded', async () => {
  const world = await World.open();
  const all = Array.from({ length: 258 }, () => world.endpoint.request(world.peer, { method: Code.GET }));
  for (const request of all) request.catch(() => undefined);
  await expect(all[257]).rejects.toMatchObject({ code: 'ERR_COAP_LIMIT' });
  expect(world.endpoint.statistics.limits).toBe(1);
  await world.end();
});

test('an unanswered NON request holds the next back at PROBING_RATE', async () => {
  const world = await World.open();
  world.endpoint.request(world.peer, { method: Code.POST, confirmable: false }).catch(() => undefined);
  world.endpoint.request(world.peer, { method: Code.GET }).catch(() => undefined);
  const { length } = (await world.clock.settle(), world.device.take());
  await world.clock.advanceAsync(length * 1000 - 1);
  await world.hearNothing();
  await world.clock.advanceAsync(1);
  await world.hear();
  await world.end();
});

test('an upload that finds the queue full does not keep the next one from its resource', async () => {
  const world = await World.open({ preferredBlockSize: 64 });
  const put = { method: Code.PUT, path: ['a'], payload: new Uint8Array(100) };
  const all = Array.from({ length: 257 }, () => world.endpoint.request(world.peer, { method: Code.GET }));
  for (const request of all) request.catch(() => undefined);
  await expect(world.endpoint.request(world.peer, put)).rejects.toMatchObject({ code: 'ERR_COAP_LIMIT' });
  await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
  await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
  const second = world.endpoint.request(world.peer, put);
  for (let count = 2; count < 257; count += 1)
    await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
  await world.piggyback(await world.hear(), { code: '4.04' });
  expect((await second).code).toBe(Code.NOT_FOUND);
  await world.end();
});

test('exchanges with all peers together are bounded, and make room when they end', async () => {
  const world = await World.open({ limits: { exchanges: 3 } });
  const others = await Promise.all([1, 2, 3].map((port) => world.endpoint.connect('10.0.0.3', port)));
  const outcomes = others.map((peer) =>
    world.endpoint.request(peer, { method: Code.GET }, { timeoutMs: 1_000 }).catch((error: unknown) => error),
  );
  await expect(world.endpoint.request(world.peer, { method: Code.GET })).rejects.toMatchObject({
    code: 'ERR_COAP_LIMIT',
  });
  await world.clock.advanceAsync(1_000);
  expect(await Promise.all(outcomes)).toEqual(Array(3).fill(expect.objectContaining({ code: 'ERR_COAP_TIMEOUT' })));
  for (let round = 0; round < 5; round += 1) {
    const response = world.endpoint.request(world.peer, { method: Code.GET });
    await world.piggyback(await world.hear(), { code: '2.05' });
    expect((await response).code).toBe(Code.CONTENT);
  }
  await world.end();
});

test('uploads that wait for their resource are exchanges too, and make room however they end', async () => {
  const world = await World.open({ preferredBlockSize: 64, limits: { exchanges: 3 } });
  const upload = (options: RequestOptions = {}): Promise<unknown> =>
    world.endpoint
      .request(world.peer, { method: Code.PUT, payload: body(100) }, options)
      .catch((error: unknown) => error);
  const failed = (code: string): unknown => expect.objectContaining({ code });
  const abort = new AbortController();
  const outcomes = [upload({ timeoutMs: 10 }), upload({ timeoutMs: 20 }), upload({ signal: abort.signal })];
  expect(await upload()).toEqual(failed('ERR_COAP_LIMIT'));
  expect([world.endpoint.usage.exchanges, world.endpoint.statistics.limits]).toEqual([3, 1]);
  abort.abort();
  expect(world.endpoint.usage.exchanges).toBe(2);
  await world.clock.advanceAsync(20);
  expect(await Promise.all(outcomes)).toEqual(
    ['ERR_COAP_TIMEOUT', 'ERR_COAP_TIMEOUT', 'ERR_COAP_ABORTED'].map((code) => failed(code)),
  );
  expect(world.endpoint.usage.exchanges).toBe(0);
  const last = Promise.all([upload(), upload(), upload()]);
  await world.end();
  expect(await last).toEqual(Array(3).fill(failed('ERR_COAP_CLOSED')));
  expect(world.endpoint.usage.exchanges).toBe(0);
});
