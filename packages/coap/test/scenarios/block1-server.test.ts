import { describe, expect, test } from 'vitest';
import { Code, type CoapMessage, type CoapOption, OptionNumber, uintOption } from '../../src/index.ts';
import { block, body, line, opt, World } from './world.ts';

const { BLOCK1, SIZE1 } = OptionNumber;

async function uploadWorld(options = {}): Promise<{ world: World; bodies: Uint8Array[] }> {
  const bodies: Uint8Array[] = [];
  const world = await World.open({
    ...options,
    onRequest: ({ payload }) => {
      bodies.push(payload);
      return { code: Code.CHANGED };
    },
  });
  return { world, bodies };
}

interface Piece {
  readonly token?: string;
  readonly path?: string;
  readonly options?: readonly CoapOption[];
  readonly messageId?: number;
}

/** Sends block `num` of `whole` and returns the answer. */
async function send(
  world: World,
  whole: Uint8Array,
  num: number,
  szx: number,
  piece: Piece = {},
): Promise<CoapMessage> {
  const size = 16 << szx;
  const { path = 'rd', options = [], ...rest } = piece;
  await world.say({
    type: 'CON',
    code: '0.02',
    ...rest,
    options: [...opt.path(path), opt.block1(num, (num + 1) * size < whole.length, szx), ...options],
    payload: whole.subarray(num * size, (num + 1) * size),
  });
  return world.hear();
}

/** RFC 7959 §2.5, figure 7. */
describe('a request in blocks', () => {
  test('is put together, and the handler runs once', async () => {
    const { world, bodies } = await uploadWorld();
    const whole = body(150);
    const answers = [];
    for (const num of [0, 1, 2]) answers.push(await send(world, whole, num, 2));
    expect(answers.map((answer) => `${line(answer)} ${block(answer, BLOCK1)}`)).toEqual([
      'ACK 2.31 0/1/64',
      'ACK 2.31 1/1/64',
      'ACK 2.04 2/0/64',
    ]);
    expect(bodies).toEqual([whole]);
    await world.end();
  });

  test('may change its token from block to block, as Zephyr does', async () => {
    const { world, bodies } = await uploadWorld();
    for (const num of [0, 1, 2]) await send(world, body(150), num, 2, { token: `token${num}` });
    expect(bodies).toEqual([body(150)]);
    await world.end();
  });

  test('replays the answer to a repeated last block', async () => {
    const { world, bodies } = await uploadWorld();
    await send(world, body(100), 0, 2);
    const first = await send(world, body(100), 1, 2, { messageId: 77 });
    const second = await send(world, body(100), 1, 2, { messageId: 77 });
    expect(second).toEqual(first);
    expect(bodies).toHaveLength(1);
    await world.end();
  });

  test('of one block is whole at once', async () => {
    const { world, bodies } = await uploadWorld();
    const answer = await send(world, body(10), 0, 2);
    expect([line(answer), block(answer, BLOCK1)]).toEqual(['ACK 2.04', '0/0/64']);
    expect(bodies).toEqual([body(10)]);
    await world.end();
  });

  test('is asked to go on with smaller blocks', async () => {
    const { world, bodies } = await uploadWorld({ preferredBlockSize: 32 });
    const whole = body(100);
    expect(block(await send(world, whole, 0, 2), BLOCK1)).toBe('0/1/32');
    for (const num of [2, 3]) await send(world, whole, num, 1);
    expect(bodies).toEqual([whole]);
    await world.end();
  });

  test('begins anew with another block 0', async () => {
    const { world, bodies } = await uploadWorld();
    await send(world, body(150, 1), 0, 2);
    await send(world, body(150, 1), 1, 2);
    for (const num of [0, 1, 2]) await send(world, body(150, 2), num, 2);
    expect(bodies).toEqual([body(150, 2)]);
    await world.end();
  });

  test.each([
    ['without its first block', [1]],
    ['with a gap', [0, 2]],
    ['with a block twice that is not the newest', [0, 1, 2, 1]],
  ])('%s: 4.08', async (_name, nums) => {
    const { world, bodies } = await uploadWorld();
    let answer: CoapMessage | undefined;
    for (const num of nums) answer = await send(world, body(300), num, 2);
    expect(answer?.code).toBe(Code.REQUEST_ENTITY_INCOMPLETE);
    expect(bodies).toEqual([]);
    await world.end();
  });

  /** RFC 7959 §2.5 lets the server decide: a peer that lost our answer need not begin anew. */
  test('has its newest block twice, as messages of their own: it is taken once, and goes on', async () => {
    const { world, bodies } = await uploadWorld();
    const answers = [];
    for (const num of [0, 1, 1, 2]) answers.push(await send(world, body(150), num, 2));
    expect(answers.map((answer) => `${line(answer)} ${block(answer, BLOCK1)}`)).toEqual([
      'ACK 2.31 0/1/64',
      'ACK 2.31 1/1/64',
      'ACK 2.31 1/1/64',
      'ACK 2.04 2/0/64',
    ]);
    expect(bodies).toEqual([body(150)]);
    await world.end();
  });

  test.each([
    ['other bytes', body(300, 1), 1, 2],
    ['another size', body(300), 3, 1],
  ])('whose newest block comes again with %s: 4.08', async (_name, whole, num, szx) => {
    const { world, bodies } = await uploadWorld();
    for (const each of [0, 1]) await send(world, body(300), each, 2);
    expect((await send(world, whole, num, szx)).code).toBe(Code.REQUEST_ENTITY_INCOMPLETE);
    expect((await send(world, body(300), 2, 2)).code).toBe(Code.REQUEST_ENTITY_INCOMPLETE);
    expect(bodies).toEqual([]);
    await world.end();
  });

  test('with a short block that others follow: 4.00', async () => {
    const { world } = await uploadWorld();
    await world.say({ type: 'CON', code: '0.02', options: [opt.block1(0, true, 2)], payload: body(63) });
    expect(await world.hearLine()).toBe('ACK 4.00');
    await world.end();
  });

  test('with SZX 7: 4.00', async () => {
    const { world } = await uploadWorld();
    await world.say({ type: 'CON', code: '0.02', options: [{ number: BLOCK1, value: Uint8Array.of(15) }] });
    expect((await world.hear()).code).toBe(Code.BAD_REQUEST);
    await world.end();
  });

  test('that says it is too large: 4.13 with the size that would do', async () => {
    const { world } = await uploadWorld({ maxBodySize: 100 });
    const answer = await send(world, body(150), 0, 2, { options: [opt.size1(150)] });
    expect([line(answer), uintOption(answer.options, SIZE1)]).toEqual(['ACK 4.13', 100]);
    await world.end();
  });

  test('that grows too large: 4.13', async () => {
    const { world, bodies } = await uploadWorld({ maxBodySize: 100 });
    await send(world, body(300), 0, 2);
    expect((await send(world, body(300), 1, 2)).code).toBe(Code.REQUEST_ENTITY_TOO_LARGE);
    expect((await send(world, body(300), 2, 2)).code).toBe(Code.REQUEST_ENTITY_TOO_LARGE);
    expect(bodies).toEqual([]);
    await world.end();
  });

  test('is forgotten after EXCHANGE_LIFETIME', async () => {
    const { world } = await uploadWorld();
    await send(world, body(100), 0, 2);
    await world.clock.advanceAsync(247_000);
    expect((await send(world, body(100), 1, 2)).code).toBe(Code.REQUEST_ENTITY_INCOMPLETE);
    await world.end();
  });

  test('is one thing per resource and Request-Tag', async () => {
    const { world, bodies } = await uploadWorld();
    const pieces: (readonly [number, Piece])[] = [
      [1, { path: 'a' }],
      [2, { path: 'b' }],
      [3, { path: 'b', options: [opt.raw(292, 'tag')] }],
    ];
    for (const num of [0, 1]) for (const [seed, piece] of pieces) await send(world, body(100, seed), num, 2, piece);
    expect(bodies).toEqual([body(100, 1), body(100, 2), body(100, 3)]);
    await world.end();
  });

  /** RFC 9175 §3.3: the option is a list, and no Request-Tag is not an empty one. */
  test('is another one for each list of Request-Tags', async () => {
    const { world, bodies } = await uploadWorld();
    const lists = [[], [''], ['a', 'b'], ['ab']];
    for (const num of [0, 1]) {
      for (const [seed, tags] of lists.entries()) {
        await send(world, body(100, seed), num, 2, { options: tags.map((tag) => opt.raw(292, tag)) });
      }
    }
    expect(bodies).toEqual(lists.map((_, seed) => body(100, seed)));
    expect((await send(world, body(100), 0, 2, { options: [opt.raw(292, 'a')] })).code).toBe(Code.CONTINUE);
    expect((await send(world, body(100), 1, 2, { options: [opt.raw(292, 'a'), opt.raw(292, '')] })).code).toBe(
      Code.REQUEST_ENTITY_INCOMPLETE,
    );
    await world.end();
  });

  /** RFC 7959 §2.3, §2.9.2. */
  test.each([
    ['another Content-Format', [opt.raw(12, '(')], [opt.raw(12, '<')], Code.REQUEST_ENTITY_INCOMPLETE],
    ['no Content-Format', [opt.raw(12, '(')], [], Code.REQUEST_ENTITY_INCOMPLETE],
    ['another query', [opt.query('a')], [opt.query('b')], Code.REQUEST_ENTITY_INCOMPLETE],
    ['another Size1, Hop-Limit and No-Response', [opt.size1(100), opt.raw(16, 'a')], [opt.raw(258)], Code.CHANGED],
  ])('whose last block has %s: %d', async (_name, first, last, expected) => {
    const { world } = await uploadWorld();
    await send(world, body(100), 0, 2, { options: first });
    expect((await send(world, body(100), 1, 2, { options: last })).code).toBe(expected);
    await world.end();
  });

  /** RFC 7959 §2.10. */
  test('has the If-None-Match of its first block', async () => {
    const seen: boolean[] = [];
    const world = await World.open({
      onRequest: {
        understands: [OptionNumber.IF_NONE_MATCH],
        handle: ({ ifNoneMatch }) => {
          seen.push(ifNoneMatch);
          return { code: Code.CREATED };
        },
      },
    });
    const condition = [opt.raw(OptionNumber.IF_NONE_MATCH)];
    for (const first of [condition, []]) {
      await send(world, body(100), 0, 2, { options: first });
      expect((await send(world, body(100), 1, 2)).code).toBe(Code.CREATED);
    }
    expect((await send(world, body(64), 0, 2, { options: condition })).code).toBe(Code.CREATED);
    expect(seen).toEqual([true, false, true]);
    await world.end();
  });

  test('of blocks larger than ours is taken all the same: a peer may overlook what we ask for', async () => {
    const { world, bodies } = await uploadWorld({ preferredBlockSize: 16 });
    const whole = body(1100);
    expect(block(await send(world, whole, 0, 6), BLOCK1)).toBe('0/1/16');
    expect(block(await send(world, whole, 1, 6), BLOCK1)).toBe('1/0/16');
    expect(bodies).toEqual([whole]);
    await world.end();
  });

  test('is one thing per peer', async () => {
    const { world, bodies } = await uploadWorld();
    const other = world.network.peer('10.0.0.3', 40_000);
    await send(world, body(100), 0, 2);
    const last = { options: [...opt.path('rd'), opt.block1(1, false, 2)], payload: body(100).subarray(64) };
    await world.say({ type: 'CON', code: '0.02', ...last }, other);
    expect(await world.hearLine(other)).toBe('ACK 4.08');
    await send(world, body(100), 1, 2);
    expect(bodies).toEqual([body(100)]);
    await world.end();
  });

  test('pushes the oldest of the same peer out when there are too many', async () => {
    const { world } = await uploadWorld();
    for (const path of ['a', 'b', 'c', 'd', 'e']) await send(world, body(100), 0, 2, { path });
    expect((await send(world, body(100), 1, 2, { path: 'a' })).code).toBe(Code.REQUEST_ENTITY_INCOMPLETE);
    expect((await send(world, body(100), 1, 2, { path: 'b' })).code).toBe(Code.CHANGED);
    expect(world.endpoint.statistics.limits).toBe(1);
    await world.end();
  });
});
