import { describe, expect, test } from 'vitest';
import { Code, type CoapMessage, type CoapOption, OptionNumber } from '../../src/index.ts';
import { block, body, opt, text, World } from './world.ts';

const { BLOCK2 } = OptionNumber;
const get = { method: Code.GET, path: ['3'] };

/** Answers a request with the block of `whole` that it asks for. */
async function serve(
  world: World,
  request: CoapMessage,
  whole: Uint8Array,
  szx: number,
  more: readonly CoapOption[] = [],
): Promise<boolean> {
  const size = 16 << szx;
  const num = Number(block(request, BLOCK2)?.split('/')[0] ?? 0);
  const left = (num + 1) * size < whole.length;
  await world.piggyback(request, {
    code: '2.05',
    options: [opt.block2(num, left, szx), ...more],
    payload: whole.subarray(num * size, (num + 1) * size),
  });
  return left;
}

/** RFC 7959 §2.4, figure 2. */
describe('a response in blocks', () => {
  test('is put together, with the options of its first block', async () => {
    const world = await World.open();
    const whole = body(150);
    const pending = world.endpoint.request(world.peer, { ...get, query: ['a=b'], accept: 40 });
    const asked = [];
    const tokens = new Set<string>();
    for (let more = true; more;) {
      const request = await world.hear();
      asked.push(block(request, BLOCK2));
      tokens.add(Buffer.from(request.token).toString('hex'));
      expect(request.options.filter(({ number }) => number !== BLOCK2).map(({ number }) => number)).toEqual([
        11, 15, 17,
      ]);
      more = await serve(world, request, whole, 2, [opt.etag('v1'), opt.raw(12, '('), opt.size2(150)]);
    }
    const response = await pending;
    expect(asked).toEqual([undefined, '1/0/64', '2/0/64']);
    expect(tokens.size).toBe(3);
    expect(response.payload).toEqual(whole);
    expect(response.contentFormat).toBe(40);
    expect(response.options.map(({ number }) => number)).toEqual([4, 12, 28]);
    await world.end();
  });

  test('of one block is whole at once', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, get);
    await serve(world, await world.hear(), body(10), 2);
    expect((await pending).payload).toEqual(body(10));
    await world.hearNothing();
    await world.end();
  });

  test('may go on with smaller blocks', async () => {
    const world = await World.open();
    const whole = body(100);
    const pending = world.endpoint.request(world.peer, get);
    await serve(world, await world.hear(), whole, 2);
    const second = await world.hear();
    expect(block(second, BLOCK2)).toBe('1/0/64');
    await world.piggyback(second, { code: '2.05', options: [opt.block2(2, true, 1)], payload: whole.subarray(64, 96) });
    const third = await world.hear();
    expect(block(third, BLOCK2)).toBe('3/0/32');
    await serve(world, third, whole, 1);
    expect((await pending).payload).toEqual(whole);
    await world.end();
  });

  test('repeats the body of a FETCH', async () => {
    const world = await World.open();
    const whole = body(100);
    const pending = world.endpoint.request(world.peer, { method: Code.FETCH, contentFormat: 112, payload: body(5) });
    await serve(world, await world.hear(), whole, 2);
    const second = await world.hear();
    expect(second.payload).toEqual(body(5));
    await serve(world, second, whole, 2);
    expect((await pending).payload).toEqual(whole);
    await world.end();
  });

  test('starts again when the resource changed under it', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, get);
    await serve(world, await world.hear(), body(100, 1), 2, [opt.etag('v1')]);
    await serve(world, await world.hear(), body(100, 2), 2, [opt.etag('v2')]);
    const again = await world.hear();
    expect(block(again, BLOCK2)).toBe('0/0/64');
    await serve(world, again, body(100, 2), 2, [opt.etag('v2')]);
    await serve(world, await world.hear(), body(100, 2), 2, [opt.etag('v2')]);
    expect((await pending).payload).toEqual(body(100, 2));
    await world.end();
  });

  test('fails when the resource changes again', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, get);
    pending.catch(() => undefined);
    for (const tag of ['v1', 'v2', 'v2', 'v3']) await serve(world, await world.hear(), body(100), 2, [opt.etag(tag)]);
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_BLOCK' });
    await world.hearNothing();
    await world.end();
  });

  test('to a POST is not asked for again from the start', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, { method: Code.POST, payload: body(3) });
    pending.catch(() => undefined);
    await serve(world, await world.hear(), body(100), 2, [opt.etag('v1')]);
    const second = await world.hear();
    expect(second.payload).toHaveLength(0);
    await serve(world, second, body(100), 2, [opt.etag('v2')]);
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_BLOCK' });
    await world.end();
  });

  test('that turns into an error is that error', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, get);
    await serve(world, await world.hear(), body(100), 2);
    await world.piggyback(await world.hear(), { code: '4.04' });
    expect((await pending).code).toBe(Code.NOT_FOUND);
    await world.end();
  });

  test.each<[string, readonly CoapOption[], number]>([
    ['the wrong block', [opt.block2(2, true, 2)], 64],
    ['no block', [], 64],
    ['a short block that others follow', [opt.block2(1, true, 2)], 63],
    ['a block larger than its size', [opt.block2(1, false, 2)], 65],
    ['a block option that cannot be', [{ number: BLOCK2, value: Uint8Array.of(0x17) }], 64],
  ])('fails on %s', async (_name, options, length) => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, get);
    pending.catch(() => undefined);
    await serve(world, await world.hear(), body(200), 2);
    await world.piggyback(await world.hear(), { code: '2.05', options, payload: body(length) });
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_BLOCK' });
    await world.end();
  });

  test('does not begin with another block than the first', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, get);
    pending.catch(() => undefined);
    await world.piggyback(await world.hear(), { code: '2.05', options: [opt.block2(1, true, 2)], payload: body(64) });
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_BLOCK' });
    await world.end();
  });

  test('that Size2 says is too large is not fetched', async () => {
    const world = await World.open({ maxBodySize: 100 });
    const pending = world.endpoint.request(world.peer, get);
    pending.catch(() => undefined);
    await serve(world, await world.hear(), body(150), 2, [opt.size2(150)]);
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_LIMIT' });
    await world.hearNothing();
    await world.end();
  });

  test('that grows too large is given up', async () => {
    const world = await World.open({ maxBodySize: 100 });
    const pending = world.endpoint.request(world.peer, get);
    pending.catch(() => undefined);
    await serve(world, await world.hear(), body(150), 2);
    await serve(world, await world.hear(), body(150), 2);
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_LIMIT' });
    await world.end();
  });

  test('is given up when a block does not come', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, get);
    pending.catch(() => undefined);
    await serve(world, await world.hear(), body(100), 2);
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    await world.end();
  });

  test('may come separately, block by block', async () => {
    const world = await World.open();
    const pending = world.endpoint.request(world.peer, get);
    for (const num of [0, 1]) {
      const request = await world.hear();
      await world.say({ type: 'ACK', messageId: request.messageId });
      const options = [opt.block2(num, num === 0, 0)];
      const payload = num === 0 ? '0123456789abcdef' : 'end';
      const script = { type: 'CON', code: '2.05', token: request.token, options, payload } as const;
      await world.say(script);
      if (num === 0) world.device.received.shift(); // the ACK
    }
    expect(text((await pending).payload)).toBe('0123456789abcdefend');
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.end();
  });
});
