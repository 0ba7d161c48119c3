import { describe, expect, test } from 'vitest';
import { Code } from '../../src/index.ts';
import { body, line, opt, World } from './world.ts';

describe('a request of ours', () => {
  test('ends after its own time, whatever the transmission does', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET }, { timeoutMs: 5000 });
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.clock.now()).toBe(5000);
    const sent = world.timesToDevice().length;
    await world.clock.advanceAsync(100_000);
    expect(world.timesToDevice()).toHaveLength(sent);
    await world.end();
  });

  test('is aborted while it is being sent', async () => {
    const abort = new AbortController();
    const world = await World.open({ onTrace: () => abort.abort() });
    const pending = world.endpoint.request(world.peer, { method: Code.GET }, { signal: abort.signal });
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    expect(world.endpoint.usage.exchanges).toBe(0);
    await world.end();
  });

  test.each([NaN, Infinity])('with a timeoutMs of %s is not sent', async (timeoutMs) => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.GET }, { timeoutMs });
    await expect(pending).rejects.toThrow(RangeError);
    await world.hearNothing();
    expect(world.endpoint.usage.exchanges).toBe(0);
    await world.end();
  });

  test('is aborted, and its separate response rejected', async () => {
    const world = await World.open();
    const abort = new AbortController();
    const pending = world.endpoint.request(world.peer, { method: Code.GET }, { signal: abort.signal });
    const request = await world.hear();
    abort.abort(new Error('why'));
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED', cause: new Error('why') });
    await world.say({ type: 'CON', code: '2.05', token: request.token });
    expect(await world.hearLine()).toBe('RST 0.00');
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    await world.end();
  });

  test('is not sent when it was aborted before', async () => {
    const world = await World.open();
    const signal = AbortSignal.abort();
    await expect(world.endpoint.request(world.peer, { method: Code.GET }, { signal })).rejects.toMatchObject({
      code: 'ERR_COAP_ABORTED',
    });
    await world.hearNothing();
    await world.end();
  });

  test('leaves its signal when it is done', async () => {
    const world = await World.open();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...parameters: Parameters<typeof add>) => {
      listeners += 1;
      add(...parameters);
    };
    signal.removeEventListener = (...parameters: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...parameters);
    };
    const pending = world.endpoint.request(world.peer, { method: Code.GET }, { signal, timeoutMs: 60_000 });
    const request = await world.hear();
    expect(listeners).toBe(1);
    await world.piggyback(request, { code: '2.05' });
    await pending;
    expect(listeners).toBe(0);
    await world.end();
  });

  test('in blocks stops at the block where it is, and lets the next upload begin', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const abort = new AbortController();
    const put = { method: Code.PUT, path: ['a'], payload: body(100) };
    const first = world.endpoint.request(world.peer, put, { signal: abort.signal });
    const second = world.endpoint.request(world.peer, put);
    await world.piggyback(await world.hear(), { code: '2.31', options: [opt.block1(0, true, 2)] });
    await world.hear();
    abort.abort();
    await expect(first).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    await world.piggyback(await world.hear(), { code: '4.04' });
    expect((await second).code).toBe(Code.NOT_FOUND);
    await world.end();
  });
});

test('an observation that is aborted while it is registered is forgotten', async () => {
  const world = await World.open();
  const abort = new AbortController();
  const observer = { onNotification: () => undefined };
  const request = { method: Code.GET, path: ['3'] };
  const pending = world.endpoint.observe(world.peer, request, observer, { signal: abort.signal });
  const registration = await world.hear();
  abort.abort();
  await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
  await world.clock.advanceAsync(100_000);
  await world.hearNothing();
  await world.say({ type: 'CON', code: '2.05', token: registration.token, options: [opt.observe(1)] });
  expect(line(await world.hear())).toBe('RST 0.00');
  await world.end();
});
