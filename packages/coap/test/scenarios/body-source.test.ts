import { describe, expect, test } from 'vitest';
import {
  type BodySource,
  Code,
  type CoapEndpointOptions,
  type CoapMessage,
  type CoapOption,
  type CoapReply,
  type ObserveRelation,
  OptionNumber,
  uintOption,
} from '../../src/index.ts';
import { block, body, bytes, line, opt, optionValue, text, World } from './world.ts';

const { BLOCK2, CONTENT_FORMAT, ETAG, OBSERVE, SIZE2 } = OptionNumber;

/** A source over bytes, which records what is read. */
function sourceOf(whole: Uint8Array, etag = 'v1'): BodySource & { readonly reads: (readonly [number, number])[] } {
  const reads: (readonly [number, number])[] = [];
  return {
    size: whole.length,
    etag: bytes(etag),
    reads,
    read: (offset, length) => {
      reads.push([offset, length]);
      return whole.subarray(offset, offset + length);
    },
  };
}

/** The byte at an offset of a body that is nowhere in memory. */
const endless = (size: number): BodySource => ({
  size,
  etag: bytes('e'),
  read: (offset, length) => Uint8Array.from({ length }, (_, index) => (offset + index) % 251),
});

interface Served {
  readonly world: World;
  readonly errors: unknown[];
  calls: number;
}

async function serve(
  reply: Partial<CoapReply> | (() => Partial<CoapReply>),
  options: Partial<CoapEndpointOptions> = {},
): Promise<Served> {
  const errors: unknown[] = [];
  const world = await World.open({
    preferredBlockSize: 64,
    onError: (error) => errors.push(error),
    ...options,
    onRequest: () => {
      served.calls += 1;
      return { code: Code.CONTENT, contentFormat: 42, ...(typeof reply === 'function' ? reply() : reply) };
    },
  });
  const served = { world, errors, calls: 0 };
  return served;
}

async function ask(world: World, options: readonly CoapOption[] = [], code = '0.01'): Promise<CoapMessage> {
  await world.say({ type: 'CON', code, options: [...opt.path('file'), ...options] });
  return world.hear();
}

/** RFC 7959 §2.4. */
describe('a body source', () => {
  test('is read block by block, each by a call of the handler, and nothing more', async () => {
    const whole = body(150);
    const source = sourceOf(whole);
    const served = await serve({ body: source });
    const answers = [];
    for (const options of [[], [opt.block2(1, false, 2)], [opt.block2(2, false, 2)]]) {
      answers.push(await ask(served.world, options));
    }
    expect(answers.map((answer) => block(answer, BLOCK2))).toEqual(['0/1/64', '1/1/64', '2/0/64']);
    expect(answers.map(({ options }) => uintOption(options, SIZE2))).toEqual([150, undefined, undefined]);
    expect(answers.map((answer) => text(optionValue(answer, ETAG)!))).toEqual(['v1', 'v1', 'v1']);
    expect(answers.map(({ options }) => uintOption(options, CONTENT_FORMAT))).toEqual([42, 42, 42]);
    expect(new Uint8Array(Buffer.concat(answers.map(({ payload }) => payload)))).toEqual(whole);
    expect(source.reads).toEqual([
      [0, 64],
      [64, 64],
      [128, 22],
    ]);
    expect(served.calls).toBe(3);
    await served.world.end();
  });

  test.each([
    ['smaller blocks than ours', opt.block2(2, false, 0), '2/1/16', [32, 16]],
    ['larger blocks than ours', opt.block2(1, false, 3), '2/0/64', [128, 22]],
  ])('is sliced as the peer asks: %s', async (_name, option, expected, read) => {
    const source = sourceOf(body(150));
    const { world } = await serve({ body: source });
    expect(block(await ask(world, [option]), BLOCK2)).toBe(expected);
    expect(source.reads).toEqual([read]);
    await world.end();
  });

  test.each<[string, number, CoapOption[], string | undefined, number | undefined]>([
    ['whole when it fits a block', 64, [], undefined, undefined],
    ['whole, in a block when the peer asked for blocks', 64, [opt.block2(0, false, 2)], '0/0/64', undefined],
    ['whole, with its size when that was asked for', 10, [opt.size2(0)], undefined, 10],
    ['in a block, with the size when that was asked for', 150, [opt.block2(1, false, 2), opt.size2(0)], '1/1/64', 150],
    ['empty', 0, [], undefined, undefined],
  ])('is answered %s', async (_name, size, options, expected, size2) => {
    const { world } = await serve({ body: sourceOf(body(size)) });
    const answer = await ask(world, options);
    expect([answer.code, block(answer, BLOCK2), uintOption(answer.options, SIZE2)]).toEqual([69, expected, size2]);
    expect(answer.payload).toHaveLength(Math.min(64, expected === '1/1/64' ? 64 : size));
    await world.end();
  });

  test.each([
    ['right behind its end', 128, opt.block2(2, false, 2)],
    ['beyond it', 10, opt.block2(1, false, 2)],
  ])('has no block %s: 4.00', async (_name, size, option) => {
    const source = sourceOf(body(size));
    const { world } = await serve({ body: source });
    expect(line(await ask(world, [option]))).toBe('ACK 4.00');
    expect(source.reads).toEqual([]);
    await world.end();
  });

  test('of 1 GiB is served to its last block, and as far as smaller blocks have numbers', async () => {
    const size = 2 ** 30;
    const { world } = await serve({ body: endless(size) }, { preferredBlockSize: 1024 });
    const last = await ask(world, [opt.block2(0xf_ffff, false, 6)]);
    expect(block(last, BLOCK2)).toBe(`1048575/0/1024`);
    expect(last.payload[0]).toBe((size - 1024) % 251);
    expect(block(await ask(world, [opt.block2(0xf_ffff, false, 0)]), BLOCK2)).toBe(`1048575/1/16`);
    await world.end();
    const small = await serve({ body: endless(size) }, { preferredBlockSize: 16 });
    expect(line(await ask(small.world, [opt.block2(0xf_ffff, false, 6)]))).toBe('ACK 4.00');
    await small.world.end();
  });

  test('is 2.03 when the peer has it, and is not read', async () => {
    const source = sourceOf(body(150));
    const { world } = await serve({ body: source, maxAge: 5 });
    const valid = await ask(world, [opt.etag('v1')]);
    expect(line(valid)).toBe('ACK 2.03');
    expect(source.reads).toEqual([]);
    expect(block(await ask(world, [opt.etag('v1'), opt.block2(1, false, 2)]), BLOCK2)).toBe('1/1/64');
    await world.end();
  });

  test('is served to a GET that says that it came in blocks: it has nothing that could', async () => {
    const { world, errors } = await serve({ body: sourceOf(body(150)) });
    const answer = await ask(world, [opt.block1(0, false, 2)]);
    expect([line(answer).slice(0, 8), block(answer, BLOCK2), errors]).toEqual(['ACK 2.05', '0/1/64', []]);
    await world.end();
  });

  test('is read again for a duplicate: blocks are not kept (RFC 7252 §4.5)', async () => {
    const source = sourceOf(body(150));
    const served = await serve({ body: source });
    const { world } = served;
    for (let copy = 0; copy < 2; copy += 1) await world.say({ type: 'CON', code: '0.01', messageId: 5, token: 't' });
    const [first, second] = world.device.takeAll();
    expect(first).toEqual(second);
    expect([served.calls, source.reads]).toEqual([
      2,
      [
        [0, 64],
        [0, 64],
      ],
    ]);
    expect(world.endpoint.statistics).toMatchObject({ duplicates: 0 });
    expect(world.endpoint.usage).toMatchObject({ deduplicationEntries: 0, deduplicationBytes: 0 });
    await world.end();
  });

  test('answers a duplicate as before where the request did something, or registered', async () => {
    const served = await serve({ body: sourceOf(bytes('small')) });
    for (let copy = 0; copy < 2; copy += 1) await served.world.say({ type: 'CON', code: '0.02', messageId: 5 });
    expect([served.calls, served.world.device.takeAll()]).toEqual([1, [expect.anything(), expect.anything()]]);
    await served.world.end();
    const { world, calls } = await observed();
    await world.say({ type: 'CON', code: '0.01', messageId: 5, token: 'p', options: [opt.observe(0)] });
    await world.say({ type: 'CON', code: '0.01', messageId: 5, token: 'p', options: [opt.observe(0)] });
    expect(calls()).toBe(2);
    await world.end();
  });

  test('takes the place of a payload that was kept', async () => {
    const replies: Partial<CoapReply>[] = [{ payload: body(150, 1) }, { body: sourceOf(body(150)) }];
    const { world } = await serve(() => replies.shift() ?? { body: sourceOf(body(150)) });
    for (let round = 0; round < 2; round += 1) await ask(world);
    const second = await ask(world, [opt.block2(1, false, 2)]);
    expect([text(optionValue(second, ETAG)!), second.payload]).toEqual(['v1', body(150).subarray(64, 128)]);
    await world.end();
  });
});

describe('a body source that can not be served is 5.00, and reported', () => {
  const whole = body(150);
  test.each<[string, Partial<CoapReply>]>([
    ['with a payload beside it', { body: sourceOf(whole), payload: bytes('x') }],
    [
      'that gives too few bytes',
      { body: { ...sourceOf(whole), read: (offset) => whole.subarray(offset, offset + 3) } },
    ],
    ['that gives too many bytes', { body: { ...sourceOf(whole), read: () => whole } }],
    ['that gives too few bytes later', { body: { ...sourceOf(whole), read: () => Promise.resolve(bytes('x')) } }],
    ['that gives no bytes', { body: { ...sourceOf(whole), read: () => undefined as unknown as Uint8Array } }],
    ['that gives text', { body: { ...sourceOf(whole), read: () => Promise.resolve('x'.repeat(64) as never) } }],
    [
      'that throws',
      {
        body: {
          ...sourceOf(whole),
          read: () => {
            throw new Error('disk');
          },
        },
      },
    ],
    ['that rejects', { body: { ...sourceOf(whole), read: () => Promise.reject(new Error('disk')) } }],
    ['with a size below 0', { body: { ...sourceOf(whole), size: -1 } }],
    ['with a size of more than blocks hold', { body: endless(2 ** 30 + 1) }],
    ['with an ETag of no bytes', { body: { ...sourceOf(whole), etag: new Uint8Array(0) } }],
  ])('%s', async (_name, reply) => {
    const events: string[] = [];
    const { world, errors } = await serve({
      ...reply,
      afterSent: () => events.push('sent'),
      onUnsent: () => events.push('unsent'),
    });
    expect(line(await ask(world))).toBe('ACK 5.00');
    expect(errors).toHaveLength(1);
    expect(events).toEqual(['unsent']);
    await world.end();
  });

  test.each([
    ['to a POST', '0.02', []],
    ['to a FETCH that came in blocks', '0.05', [opt.block1(0, false, 2)]],
  ])('%s, when it needs blocks', async (_name, code, options) => {
    const { world, errors } = await serve({ body: sourceOf(body(150)) });
    expect(line(await ask(world, options, code))).toBe('ACK 5.00');
    expect(errors).toEqual([expect.any(TypeError)]);
    await world.end();
    const small = await serve({ body: sourceOf(bytes('small')) });
    expect((await ask(small.world, options, code)).payload).toEqual(bytes('small'));
    await small.world.end();
  });
});

describe('a body source that is read asynchronously', () => {
  function slow(): { readonly source: BodySource; readonly give: ((content: Uint8Array) => void)[] } {
    const give: ((content: Uint8Array) => void)[] = [];
    const read = (): Promise<Uint8Array> =>
      new Promise((resolve) => {
        give.push(resolve);
      });
    return { source: { size: 150, etag: bytes('v1'), read }, give };
  }

  test('is piggybacked when it comes soon', async () => {
    const { source, give } = slow();
    const { world } = await serve({ body: source });
    await world.say({ type: 'CON', code: '0.01' });
    await world.hearNothing();
    give[0]!(body(64));
    const answer = await world.hear();
    expect([line(answer).slice(0, 8), block(answer, BLOCK2)]).toEqual(['ACK 2.05', '0/1/64']);
    await world.end();
  });

  test('comes separately when it takes a while', async () => {
    const { source, give } = slow();
    const { world } = await serve({ body: source });
    await world.say({ type: 'CON', code: '0.01', token: 't' });
    await world.clock.advanceAsync(1000);
    expect(await world.hearLine()).toBe('ACK 0.00');
    give[0]!(body(64));
    const answer = await world.hear();
    expect([line(answer).slice(0, 8), text(answer.token)]).toEqual(['CON 2.05', 't']);
    await world.end();
  });

  test('is not answered any more when it takes too long', async () => {
    const { source, give } = slow();
    const events: string[] = [];
    const { world } = await serve({ body: source, onUnsent: () => events.push('unsent') });
    await world.say({ type: 'CON', code: '0.01' });
    await world.clock.advanceAsync(249_000);
    world.device.takeAll();
    expect(events).toEqual(['unsent']);
    give[0]!(body(64));
    await world.hearNothing();
    expect(events).toEqual(['unsent']);
    await world.end();
  });

  test('counts among the requests that are processed for a peer', async () => {
    const { source } = slow();
    const { world } = await serve({ body: source });
    for (let index = 0; index < 33; index += 1) await world.say({ type: 'NON', code: '0.01' });
    expect(world.endpoint.statistics).toMatchObject({ requests: 32, limits: 1 });
    await world.end();
  });

  test('is not sent to a peer that has gone', async () => {
    const { source, give } = slow();
    const events: string[] = [];
    const { world } = await serve({ body: source, onUnsent: () => events.push('unsent') });
    await world.say({ type: 'CON', code: '0.01' });
    await world.end();
    give[0]!(body(64));
    await world.hearNothing();
    expect(events).toEqual(['unsent']);
  });
});

/** A source that is observed. */
async function observed(): Promise<{
  readonly world: World;
  readonly relation: ObserveRelation;
  readonly calls: () => number;
}> {
  const relations: ObserveRelation[] = [];
  let calls = 0;
  const world = await World.open({
    preferredBlockSize: 64,
    onRequest: (request) => {
      calls += 1;
      if (request.observe === 0) relations.push(request.acceptObservation());
      return { code: Code.CONTENT, body: sourceOf(body(150), 'v2') };
    },
  });
  await world.say({ type: 'CON', code: '0.01', token: 'o', options: [opt.observe(0)] });
  const first = await world.hear();
  expect([block(first, BLOCK2), uintOption(first.options, OBSERVE)]).toEqual(['0/1/64', 0]);
  return { world, relation: relations[0]!, calls: () => calls };
}

/** RFC 7959 §2.6. */
describe('a notification with a body source', () => {
  test('is its first block; the rest is fetched', async () => {
    const { world, relation } = await observed();
    await relation.notify({ code: Code.CONTENT, body: sourceOf(body(150), 'v2') }, { confirmable: false });
    const first = await world.hear();
    expect([block(first, BLOCK2), uintOption(first.options, OBSERVE), uintOption(first.options, SIZE2)]).toEqual([
      '0/1/64',
      1,
      150,
    ]);
    const rest = await ask(world, [opt.block2(1, false, 2)]);
    expect([block(rest, BLOCK2), uintOption(rest.options, OBSERVE)]).toEqual(['1/1/64', undefined]);
    await world.end();
  });

  test('that is read asynchronously is sent when it is there', async () => {
    const { world, relation } = await observed();
    const source = { ...sourceOf(body(150)), read: () => Promise.resolve(body(64)) };
    const done = relation.notify({ code: Code.CONTENT, body: source });
    const first = await world.hear();
    expect([line(first).slice(0, 8), uintOption(first.options, OBSERVE)]).toEqual(['CON 2.05', 1]);
    await world.say({ type: 'ACK', messageId: first.messageId });
    await done;
    await world.end();
  });

  test('rejects when the read fails, and the observation goes on', async () => {
    const { world, relation } = await observed();
    for (const read of [() => bytes('x'), () => Promise.resolve(bytes('x'))]) {
      const failed = relation.notify({ code: Code.CONTENT, body: { ...sourceOf(body(150)), read } });
      await expect(failed).rejects.toThrow(RangeError);
    }
    expect(relation.active).toBe(true);
    await world.hearNothing();
    await world.end();
  });

  test('rejects when the observation ends while it is read', async () => {
    const { world, relation } = await observed();
    let give: ((content: Uint8Array) => void) | undefined;
    const read = (): Promise<Uint8Array> => new Promise((resolve) => (give = resolve));
    const failed = relation.notify({ code: Code.CONTENT, body: { ...sourceOf(body(150)), read } });
    relation.end();
    await expect(failed).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    give!(body(64));
    await world.hearNothing();
    await world.end();
  });
});

/** RFC 7959 §4. */
test.each([
  ['a small payload', 10, [opt.size2(0)], 10],
  ['a further block of a large one', 150, [opt.block2(1, false, 2), opt.size2(0)], 150],
  ['a small payload, not asked for', 10, [], undefined],
])('the size of %s is told when it was asked for', async (_name, size, options, expected) => {
  const { world } = await serve({ payload: body(size) });
  await ask(world);
  expect(uintOption((await ask(world, options)).options, SIZE2)).toBe(expected);
  await world.end();
});
