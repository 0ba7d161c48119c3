import { describe, expect, test } from 'vitest';
import { Code, type CoapMessage, decodeMessage, OptionNumber, uintOption } from '../../src/index.ts';
import { block, body, line, opt, World } from './world.ts';

const { BLOCK1, SIZE1 } = OptionNumber;
const put = { method: Code.PUT, path: ['5', '0', '0'], contentFormat: 42 };

/** Answers block after block with 2.31, and the last with 2.04. Returns what arrived. */
async function acceptAll(world: World): Promise<CoapMessage[]> {
  const blocks = [];
  for (;;) {
    const request = await world.hear();
    blocks.push(request);
    const [num, more, size] = block(request, BLOCK1)!.split('/').map(Number) as [number, number, number];
    const echo = opt.block1(num, more === 1, Math.log2(size) - 4);
    await world.piggyback(request, { code: more === 1 ? '2.31' : '2.04', options: [echo] });
    if (more === 0) return blocks;
  }
}

const joined = (blocks: readonly CoapMessage[]): Uint8Array =>
  new Uint8Array(Buffer.concat(blocks.map(({ payload }) => payload)));

/** RFC 7959 §2.3, §2.5, figure 7. */
describe('a large request of ours', () => {
  test('goes out in blocks of the preferred size, with Size1 in the first', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const payload = body(150);
    const pending = world.endpoint.request(world.peer, { ...put, payload });
    const blocks = await acceptAll(world);
    expect(blocks.map((message) => block(message, BLOCK1))).toEqual(['0/1/64', '1/1/64', '2/0/64']);
    expect(blocks.map(({ options }) => uintOption(options, SIZE1))).toEqual([150, undefined, undefined]);
    expect(blocks.every(({ options }) => uintOption(options, OptionNumber.CONTENT_FORMAT) === 42)).toBe(true);
    expect(joined(blocks)).toEqual(payload);
    const response = await pending;
    expect(response.code).toBe(Code.CHANGED);
    expect(response.options).toEqual([]);
    await world.end();
  });

  /** RFC 7959 §2.10. */
  test('has If-None-Match in its first block only', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const pending = world.endpoint.request(world.peer, { ...put, ifNoneMatch: true, payload: body(150) });
    const blocks = await acceptAll(world);
    const conditions = blocks.map(({ options }) => options.some(({ number }) => number === OptionNumber.IF_NONE_MATCH));
    expect(conditions).toEqual([true, false, false]);
    await pending;
    await world.end();
  });

  test('of exactly one block has no Block1', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const pending = world.endpoint.request(world.peer, { ...put, payload: body(64) });
    const request = await world.hear();
    expect(block(request, BLOCK1)).toBeUndefined();
    await world.piggyback(request, { code: '2.04' });
    await pending;
    await world.end();
  });

  test('goes on with smaller blocks when the peer asks for them', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const payload = body(150);
    const pending = world.endpoint.request(world.peer, { ...put, payload });
    const first = await world.hear();
    await world.piggyback(first, { code: '2.31', options: [opt.block1(0, true, 1)] });
    const rest = await acceptAll(world);
    expect(rest.map((message) => block(message, BLOCK1))).toEqual(['2/1/32', '3/1/32', '4/0/32']);
    expect(joined([first, ...rest])).toEqual(payload);
    await pending;
    await world.end();
  });

  test('starts again with smaller blocks after 4.13 with Block1', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const payload = body(60);
    const pending = world.endpoint.request(world.peer, { ...put, payload });
    const whole = await world.hear();
    expect(block(whole, BLOCK1)).toBeUndefined();
    await world.piggyback(whole, { code: '4.13', options: [opt.block1(0, false, 1)] });
    const blocks = await acceptAll(world);
    expect(blocks.map((message) => block(message, BLOCK1))).toEqual(['0/1/32', '1/0/32']);
    expect(joined(blocks)).toEqual(payload);
    expect((await pending).code).toBe(Code.CHANGED);
    await world.end();
  });

  test('that is too large altogether: 4.13 is the answer', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const pending = world.endpoint.request(world.peer, { ...put, payload: body(150) });
    await world.piggyback(await world.hear(), { code: '4.13', options: [opt.size1(100)] });
    expect((await pending).code).toBe(Code.REQUEST_ENTITY_TOO_LARGE);
    await world.hearNothing();
    await world.end();
  });

  test('starts again once after 4.08, and not twice', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const pending = world.endpoint.request(world.peer, { ...put, payload: body(150) });
    await world.piggyback(await world.hear(), { code: '2.31', options: [opt.block1(0, true, 2)] });
    await world.piggyback(await world.hear(), { code: '4.08' });
    const again = await world.hear();
    expect(block(again, BLOCK1)).toBe('0/1/64');
    await world.piggyback(again, { code: '4.08' });
    expect((await pending).code).toBe(Code.REQUEST_ENTITY_INCOMPLETE);
    await world.end();
  });

  test('ends early with an error', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const pending = world.endpoint.request(world.peer, { ...put, payload: body(150) });
    await world.piggyback(await world.hear(), { code: '5.01' });
    expect((await pending).code).toBe(Code.NOT_IMPLEMENTED);
    await world.hearNothing();
    await world.end();
  });

  test('goes on when a block is answered 2.04 with Block1, as Zephyr does', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const payload = body(100);
    const pending = world.endpoint.request(world.peer, { ...put, payload });
    const first = await world.hear();
    await world.piggyback(first, { code: '2.04', options: [opt.block1(0, false, 2)] });
    expect(joined([first, ...(await acceptAll(world))])).toEqual(payload);
    await pending;
    await world.end();
  });

  test.each([
    ['2.31 without Block1', '2.31', []],
    ['2.31 for another block', '2.31', [opt.block1(3, true, 2)]],
    ['a Block1 that cannot be', '2.31', [{ number: BLOCK1, value: Uint8Array.of(7) }]],
  ])('fails on %s', async (_name, code, options) => {
    const world = await World.open({ preferredBlockSize: 64 });
    const pending = world.endpoint.request(world.peer, { ...put, payload: body(100) });
    pending.catch(() => undefined);
    await world.piggyback(await world.hear(), { code, options });
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_BLOCK' });
    await world.end();
  });

  test('survives lost datagrams', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    world.network.rule = ({ index }) => (index % 3 === 0 ? 'drop' : 'deliver');
    const payload = body(150);
    const pending = world.endpoint.request(world.peer, { ...put, payload });
    const blocks = new Map<string, CoapMessage>();
    const answers = new Map<number, string>();
    const settled = { value: false };
    void pending.finally(() => {
      settled.value = true;
    });
    for (let round = 0; round < 100 && !settled.value; round += 1) {
      await world.clock.advanceAsync(1000);
      for (const datagram of world.device.takeAll()) {
        const request = decodeMessage(datagram);
        const at = block(request, BLOCK1)!;
        blocks.set(at, request);
        const more = at.split('/')[1] === '1';
        answers.set(request.messageId, at);
        await world.piggyback(request, {
          code: more ? '2.31' : '2.04',
          options: [opt.block1(Number(at.split('/')[0]), more, 2)],
        });
      }
    }
    expect((await pending).code).toBe(Code.CHANGED);
    expect(answers.size).toBe(3);
    expect(joined([...blocks.values()])).toEqual(payload);
    await world.end();
  });

  test('has the resource for itself: a second one waits, another resource does not', async () => {
    const world = await World.open({ preferredBlockSize: 64, parameters: { nstart: 4 } });
    const request = (path: string, seed: number): Promise<unknown> =>
      world.endpoint.request(world.peer, { method: Code.PUT, path: [path], payload: body(100, seed) });
    const all = [request('a', 0), request('a', 1), request('b', 2)];
    await world.clock.settle();
    expect(world.device.received).toHaveLength(2);
    const firstBytes: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      const message = decodeMessage(world.device.take());
      const more = block(message, BLOCK1) === '0/1/64';
      if (more) firstBytes.push(message.payload[0]!);
      const echo = opt.block1(more ? 0 : 1, more, 2);
      await world.piggyback(message, { code: more ? '2.31' : '2.04', options: [echo] });
    }
    await Promise.all(all);
    expect(firstBytes).toEqual([0, 2, 1]);
    await world.end();
  });
});

test('a large FETCH has its response in blocks too', async () => {
  const world = await World.open({ preferredBlockSize: 32 });
  const pending = world.endpoint.request(world.peer, { method: Code.FETCH, payload: body(40) });
  await world.piggyback(await world.hear(), { code: '2.31', options: [opt.block1(0, true, 1)] });
  const last = await world.hear();
  expect(line(last)).toContain('CON 0.05');
  await world.piggyback(last, {
    code: '2.05',
    options: [opt.block1(1, false, 1), opt.block2(0, true, 0)],
    payload: body(16),
  });
  const fetch = await world.hear();
  expect([block(fetch, BLOCK1), block(fetch, OptionNumber.BLOCK2), fetch.payload.length]).toEqual([
    undefined,
    '1/0/16',
    0,
  ]);
  await world.piggyback(fetch, { code: '2.05', options: [opt.block2(1, false, 0)], payload: body(20).subarray(16) });
  expect((await pending).payload).toEqual(body(20));
  await world.end();
});

/** RFC 7959 §2.5: blocks of two bodies would be put together to one. */
test('bodies that turn out to need blocks go out one after the other', async () => {
  const world = await World.open();
  const put = (seed: number) =>
    world.endpoint.request(world.peer, { method: Code.PUT, path: ['f'], payload: body(100, seed) });
  const pending = Promise.all([put(0), put(1)]);
  const heard: string[] = [];
  for (let count = 0; count < 6; count += 1) {
    const request = await world.hear();
    const sent = block(request, OptionNumber.BLOCK1);
    const [num, more] = (sent ?? '').split('/').map(Number);
    heard.push(`${sent ?? 'whole'} ${(request.payload[0] ?? 0) - (body(100)[64 * (num ?? 0)] ?? 0)}`);
    if (sent === undefined) await world.piggyback(request, { code: '4.13', options: [opt.block1(0, false, 2)] });
    else {
      const options = [opt.block1(num ?? 0, more === 1, 2)];
      await world.piggyback(request, { code: more === 1 ? '2.31' : '2.04', options });
    }
  }
  expect(heard).toEqual(['whole 0', 'whole 1', '0/1/64 0', '1/0/64 0', '0/1/64 1', '1/0/64 1']);
  await pending;
  await world.end();
});

describe('uploads to a resource that is observed', () => {
  const request = { method: Code.FETCH, path: ['f'], payload: body(100) };

  async function accept(world: World, count: number): Promise<string[]> {
    const heard: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const message = await world.hear();
      const more = block(message, BLOCK1) === '0/1/64';
      const observe = uintOption(message.options, OptionNumber.OBSERVE);
      heard.push(`${more ? 0 : 1} ${observe ?? '-'}`);
      const options = [opt.block1(more ? 0 : 1, more, 2)];
      if (!more && observe === 0) options.push(opt.observe(index));
      await world.piggyback(message, { code: more ? '2.31' : '2.05', options });
    }
    return heard;
  }

  const open = (): Promise<World> => World.open({ preferredBlockSize: 64, parameters: { nstart: 4 } });

  test('by it go out one after the other too: registration, refresh and cancellation', async () => {
    const world = await open();
    const before = world.endpoint.request(world.peer, request);
    const observing = world.endpoint.observe(world.peer, request, { onNotification: () => undefined });
    expect(await accept(world, 4)).toEqual(['0 -', '1 -', '0 0', '1 0']);
    await before;
    const observation = await observing;
    const other = world.endpoint.request(world.peer, request);
    const refreshed = observation.refresh();
    expect(await accept(world, 4)).toEqual(['0 -', '1 -', '0 0', '1 0']);
    await Promise.all([other, refreshed]);
    const another = world.endpoint.request(world.peer, request);
    const cancelled = observation.cancel();
    const last = world.endpoint.request(world.peer, request);
    expect(await accept(world, 6)).toEqual(['0 -', '1 -', '0 1', '1 1', '0 -', '1 -']);
    await Promise.all([another, cancelled, last]);
    await world.end();
  });

  test('that wait when the endpoint closes are rejected, and one that is given up makes room', async () => {
    const world = await open();
    const observing = world.endpoint.observe(
      world.peer,
      request,
      { onNotification: () => undefined },
      { timeoutMs: 10 },
    );
    const failed = expect(observing).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    await world.hear();
    const next = world.endpoint.request(world.peer, request);
    const waiting = world.endpoint.observe(world.peer, request, { onNotification: () => undefined });
    const closed = Promise.all(
      [next, waiting].map((each) => expect(each).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' })),
    );
    await world.hearNothing();
    await world.clock.advanceAsync(10);
    await failed;
    expect(block(await world.hear(), BLOCK1)).toBe('0/1/64');
    await world.end();
    await closed;
  });
});
