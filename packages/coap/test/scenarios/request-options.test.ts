import { describe, expect, test } from 'vitest';
import { Code, OptionNumber, type TransferProgress, uintOption } from '../../src/index.ts';
import { observedRequest, observerOf, type Seen } from './observer.ts';
import { block, body, line, opt, World } from './world.ts';

const { BLOCK1, BLOCK2, SIZE1, SIZE2 } = OptionNumber;
const get = { method: Code.GET, path: ['a'] };

/** RFC 7252 §4.8. */
describe('transmission parameters of one request', () => {
  const parameters = { ackTimeoutMs: 500, ackRandomFactor: 1, maxRetransmit: 2 };

  test('are those of its retransmissions, and of no other request', async () => {
    const world = await World.open();
    const quick = world.endpoint.request(world.peer, get, { parameters });
    await expect(world.clock.runUntil(quick)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.timesToDevice()).toEqual([0, 500, 1500]);
    expect(world.clock.now()).toBe(3500);
    const plain = world.endpoint.request(world.peer, get);
    await expect(world.clock.runUntil(plain)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.timesToDevice()).toHaveLength(3 + 5);
    await world.end();
  });

  test('say how long a separate response is waited for', async () => {
    const world = await World.open();
    const changes = { ...parameters, maxLatencyMs: 1000 };
    const pending = world.endpoint.request(world.peer, get, { parameters: changes });
    await world.say({ type: 'ACK', messageId: (await world.hear()).messageId });
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.clock.now()).toBe(500 * 3 + 2 * 1000 + 500); // EXCHANGE_LIFETIME
    await world.end();
  });

  test('of a Non-confirmable one too', async () => {
    const world = await World.open();
    const request = { ...get, confirmable: false };
    const pending = world.endpoint.request(world.peer, request, { parameters: { ...parameters, maxLatencyMs: 1000 } });
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.clock.now()).toBe(500 * 3 + 1000); // NON_LIFETIME
    await world.end();
  });

  test('hold for every block', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const put = { method: Code.PUT, payload: body(100) };
    const pending = world.endpoint.request(world.peer, put, { parameters });
    await world.piggyback(await world.hear(), { code: '2.31', options: [opt.block1(0, true, 2)] });
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    expect(world.timesToDevice()).toEqual([0, 0, 500, 1500]);
    await world.end();
  });

  test.each([
    ['parameters', { parameters: { ackTimeoutMs: 0 } }],
    ['blockSize', { blockSize: 8 }],
    ['blockSize', { blockSize: 2048 }],
    ['maxBodySize', { maxBodySize: 0 }],
  ])('out of their range reject: %s', async (_name, options) => {
    const world = await World.open();
    await expect(world.endpoint.request(world.peer, get, options)).rejects.toBeInstanceOf(RangeError);
    const observer = { onNotification: () => undefined };
    await expect(world.endpoint.observe(world.peer, get, observer, options)).rejects.toBeInstanceOf(RangeError);
    await world.hearNothing();
    await world.end();
  });
});

describe('the block size of one request', () => {
  // RFC 7959 §3.1, figure 3: early negotiation.
  test('is asked for in the first message, and kept', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, get, { blockSize: 64 });
    const first = await world.hear();
    expect([block(first, BLOCK2), uintOption(first.options, SIZE2)]).toEqual(['0/0/64', undefined]);
    await world.piggyback(first, {
      code: '2.05',
      options: [opt.block2(0, true, 2)],
      payload: body(100).subarray(0, 64),
    });
    const second = await world.hear();
    expect(block(second, BLOCK2)).toBe('1/0/64');
    await world.piggyback(second, {
      code: '2.05',
      options: [opt.block2(1, false, 2)],
      payload: body(100).subarray(64),
    });
    expect((await pending).payload).toEqual(body(100));
    await world.end();
  });

  test('is asked for again when the peer chose larger blocks', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, get, { blockSize: 64 });
    const payload = body(150);
    await world.piggyback(await world.hear(), {
      code: '2.05',
      options: [opt.block2(0, true, 3)],
      payload: payload.subarray(0, 128),
    });
    const second = await world.hear();
    expect(block(second, BLOCK2)).toBe('2/0/64');
    await world.piggyback(second, { code: '2.05', options: [opt.block2(2, false, 2)], payload: payload.subarray(128) });
    expect((await pending).payload).toEqual(payload);
    await world.end();
  });

  // RFC 7959 §3.3, figure 12.
  test('is that of its upload, and the last block asks for the response', async () => {
    const world = await World.open();
    const post = { method: Code.POST, payload: body(300) };
    const pending = world.endpoint.request(world.peer, post, { blockSize: 130 });
    const seen = [];
    for (const [num, more] of [
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      const request = await world.hear();
      seen.push([block(request, BLOCK1), block(request, BLOCK2)]);
      await world.piggyback(request, { code: more ? '2.31' : '2.04', options: [opt.block1(num, more, 3)] });
    }
    expect(seen).toEqual([
      ['0/1/128', undefined],
      ['1/1/128', undefined],
      ['2/0/128', '0/0/128'],
    ]);
    expect((await pending).code).toBe(Code.CHANGED);
    await world.end();
  });

  test('of an observation is that of its notifications and its cancellation', async () => {
    const world = await World.open();
    const seen: Seen = { notifications: [], lines: [], ends: [], handle: () => undefined };
    const pending = world.endpoint.observe(world.peer, observedRequest, observerOf(seen), {
      blockSize: 32,
      parameters: { ackTimeoutMs: 500, ackRandomFactor: 1, maxRetransmit: 1 },
    });
    const registration = await world.hear();
    expect(block(registration, BLOCK2)).toBe('0/0/32');
    await world.piggyback(registration, { code: '2.05', options: [opt.observe(1)] });
    const observation = await pending;
    await world.say({
      type: 'CON',
      code: '2.05',
      token: registration.token,
      options: [opt.observe(2), opt.block2(0, true, 2)],
      payload: body(64),
    });
    const [ack, fetch] = world.device.takeAll();
    expect([ack?.[0], fetch?.[1]]).toEqual([0x60, Code.GET]);
    await world.clock.advanceAsync(500);
    const again = await world.hear(); // after 500 ms, not 2 s
    expect(block(again, BLOCK2)).toBe('2/0/32');
    await world.piggyback(again, { code: '2.05', options: [opt.block2(2, false, 1)], payload: body(70).subarray(64) });
    expect(seen.notifications[0]?.payload).toEqual(body(70));
    const cancelled = observation.cancel();
    const cancellation = await world.hear();
    expect(block(cancellation, BLOCK2)).toBe('0/0/32');
    await world.piggyback(cancellation, { code: '2.05' });
    await cancelled;
    await world.end();
  });
});

test('the largest body of one request', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, get, { maxBodySize: 100 });
  const refused = expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_LIMIT' });
  await world.piggyback(await world.hear(), {
    code: '2.05',
    options: [opt.block2(0, true, 2), opt.size2(101)],
    payload: body(64),
  });
  await refused;
  await world.end();
});

describe('progress', () => {
  test('of an upload, block by block', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const progress: TransferProgress[] = [];
    const put = { method: Code.PUT, payload: body(150) };
    const pending = world.endpoint.request(world.peer, put, { onProgress: (step) => progress.push(step) });
    for (const [num, more] of [
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      const request = await world.hear();
      expect(uintOption(request.options, SIZE1)).toBe(num === 0 ? 150 : undefined);
      await world.piggyback(request, { code: more ? '2.31' : '2.04', options: [opt.block1(num, more, 2)] });
    }
    await pending;
    expect(progress).toEqual([
      { direction: 'upload', transferred: 64, total: 150 },
      { direction: 'upload', transferred: 128, total: 150 },
      { direction: 'upload', transferred: 150, total: 150 },
    ]);
    await world.end();
  });

  test('of an upload that is refused at its end does not reach the end', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const progress: number[] = [];
    const put = { method: Code.PUT, payload: body(100) };
    const pending = world.endpoint.request(world.peer, put, { onProgress: (step) => progress.push(step.transferred) });
    await world.piggyback(await world.hear(), { code: '2.31', options: [opt.block1(0, true, 2)] });
    await world.piggyback(await world.hear(), { code: '4.00', options: [opt.block1(1, false, 2)] });
    await pending;
    expect(progress).toEqual([64]);
    await world.end();
  });

  test('of a download, with the size that the peer was asked for', async () => {
    const world = await World.open();
    const progress: TransferProgress[] = [];
    const pending = world.endpoint.request(world.peer, get, { onProgress: (step) => progress.push(step) });
    const first = await world.hear();
    expect([block(first, BLOCK2), uintOption(first.options, SIZE2)]).toEqual([undefined, 0]);
    const payload = body(100);
    await world.piggyback(first, {
      code: '2.05',
      options: [opt.block2(0, true, 2), opt.size2(100)],
      payload: payload.subarray(0, 64),
    });
    await world.piggyback(await world.hear(), {
      code: '2.05',
      options: [opt.block2(1, false, 2)],
      payload: payload.subarray(64),
    });
    await pending;
    expect(progress).toEqual([
      { direction: 'download', transferred: 64, total: 100 },
      { direction: 'download', transferred: 100, total: 100 },
    ]);
    await world.end();
  });

  test('may abort the request: no further block is sent', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const abort = new AbortController();
    const put = { method: Code.PUT, payload: body(100) };
    const options = { signal: abort.signal, onProgress: () => abort.abort() };
    const pending = world.endpoint.request(world.peer, put, options);
    const refused = expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    await world.piggyback(await world.hear(), { code: '2.31', options: [opt.block1(0, true, 2)] });
    await refused;
    await world.hearNothing();
    await world.end();
  });

  test('may abort a download', async () => {
    const world = await World.open();
    const abort = new AbortController();
    const options = { signal: abort.signal, onProgress: () => abort.abort() };
    const pending = world.endpoint.request(world.peer, get, options);
    const refused = expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    await world.piggyback(await world.hear(), { code: '2.05', options: [opt.block2(0, true, 2)], payload: body(64) });
    await refused;
    await world.hearNothing();
    await world.end();
  });

  test('that throws hurts nobody', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const put = { method: Code.PUT, payload: body(100) };
    const onProgress = (): void => {
      throw new Error('a broken progress bar');
    };
    const pending = world.endpoint.request(world.peer, put, { onProgress });
    await world.piggyback(await world.hear(), { code: '2.31', options: [opt.block1(0, true, 2)] });
    const last = await world.hear();
    expect(line(last)).toMatch(/^CON 0.03/);
    await world.piggyback(last, { code: '2.04', options: [opt.block1(1, false, 2)] });
    expect((await pending).code).toBe(Code.CHANGED);
    expect(world.endpoint.statistics.handlerErrors).toBe(2);
    await world.end();
  });
});

test('without options of its own a request is as before', async () => {
  const world = await World.open();
  const pending = world.endpoint.request(world.peer, get, {});
  const request = await world.hear();
  expect(request.options.map(({ number }) => number)).toEqual([OptionNumber.URI_PATH]);
  await world.piggyback(request, { code: '2.05' });
  await pending;
  await world.end();
});
