import { describe, expect, test } from 'vitest';
import {
  Code,
  type CoapEndpointOptions,
  type CoapMessage,
  type CoapOption,
  OptionNumber,
  uintOption,
} from '../../src/index.ts';
import { block, body, line, opt, optionValue, text, World } from './world.ts';

const { BLOCK1, BLOCK2, ETAG, SIZE2 } = OptionNumber;

interface Served {
  readonly world: World;
  calls: number;
}

async function serveWorld(whole: () => Uint8Array, options: Partial<CoapEndpointOptions> = {}): Promise<Served> {
  const served = {
    world: await World.open({
      preferredBlockSize: 64,
      ...options,
      onRequest: () => {
        served.calls += 1;
        return { code: Code.CONTENT, contentFormat: 40, payload: whole() };
      },
    }),
    calls: 0,
  };
  return served;
}

async function ask(world: World, num?: number, szx = 2, code = '0.01'): Promise<CoapMessage> {
  const options = num === undefined ? opt.path('big') : [...opt.path('big'), opt.block2(num, false, szx)];
  await world.say({ type: 'CON', code, options });
  return world.hear();
}

test.each([
  ['nothing', 0],
  ['a small body', 40],
])('a block beyond %s is answered 4.00', async (_what, length) => {
  const { world } = await serveWorld(() => new Uint8Array(length));
  expect(line(await ask(world, 3, 2))).toBe('ACK 4.00');
  await world.end();
});

test('an error to a request for a block beyond it is that error', async () => {
  const world = await World.open({ onRequest: () => ({ code: Code.NOT_FOUND }) });
  expect(line(await ask(world, 3, 2))).toBe('ACK 4.04');
  await world.end();
});

/** RFC 7959 §2.4. */
describe('a large reply', () => {
  test('goes out block by block, all from one call of the handler', async () => {
    const whole = body(150);
    const served = await serveWorld(() => whole);
    const answers = [await ask(served.world), await ask(served.world, 1), await ask(served.world, 2)];
    expect(answers.map((answer) => block(answer, BLOCK2))).toEqual(['0/1/64', '1/1/64', '2/0/64']);
    expect(answers.map(({ options }) => uintOption(options, SIZE2))).toEqual([150, undefined, undefined]);
    expect(answers.map(({ options }) => uintOption(options, OptionNumber.CONTENT_FORMAT))).toEqual([40, 40, 40]);
    const [first, ...rest] = answers.map((answer) => optionValue(answer, ETAG));
    expect(first).toHaveLength(8);
    expect(rest).toEqual([first, first]);
    expect(new Uint8Array(Buffer.concat(answers.map(({ payload }) => payload)))).toEqual(whole);
    expect(served.calls).toBe(1);
    await served.world.end();
  });

  test('is sliced as the peer asks: early negotiation', async () => {
    const { world } = await serveWorld(() => body(50));
    const answers = [await ask(world, 0, 0), await ask(world, 1, 0), await ask(world, 3, 0)];
    expect(answers.map((answer) => block(answer, BLOCK2))).toEqual(['0/1/16', '1/1/16', '3/0/16']);
    expect(answers[2]!.payload).toEqual(body(50).subarray(48));
    await world.end();
  });

  test('is sliced as the peer asks: late negotiation', async () => {
    const { world } = await serveWorld(() => body(150));
    await ask(world);
    const answer = await ask(world, 2, 1);
    expect(block(answer, BLOCK2)).toBe('2/1/32');
    expect(answer.payload).toEqual(body(150).subarray(64, 96));
    await world.end();
  });

  test('is sliced by number and size: that more should follow a request means nothing', async () => {
    const { world } = await serveWorld(() => body(150));
    await ask(world);
    await world.say({ type: 'CON', code: '0.01', options: [...opt.path('big'), opt.block2(1, true, 2)] });
    const answer = await world.hear();
    expect([line(answer).slice(0, 8), block(answer, BLOCK2)]).toEqual(['ACK 2.05', '1/1/64']);
    await world.end();
  });

  test('has blocks no larger than we like', async () => {
    const { world } = await serveWorld(() => body(300));
    expect(block(await ask(world, 0, 6), BLOCK2)).toBe('0/1/64');
    expect(block(await ask(world, 1, 3), BLOCK2)).toBe('2/1/64');
    await world.end();
  });

  test('a reply that fits says so when the peer asked for blocks', async () => {
    const { world } = await serveWorld(() => body(10));
    const answer = await ask(world, 0, 2);
    expect([block(answer, BLOCK2), answer.payload.length]).toEqual(['0/0/64', 10]);
    expect(block(await ask(world), BLOCK2)).toBeUndefined();
    await world.end();
  });

  test('a block behind the end: 4.00', async () => {
    const { world } = await serveWorld(() => body(150));
    await ask(world);
    expect(line(await ask(world, 3))).toBe('ACK 4.00');
    await world.end();
  });

  test('is made again by a GET when it is not there any more, with the same ETag', async () => {
    const served = await serveWorld(() => body(150));
    const first = await ask(served.world);
    await served.world.clock.advanceAsync(249_000);
    const second = await ask(served.world, 1);
    expect(block(second, BLOCK2)).toBe('1/1/64');
    expect(optionValue(second, ETAG)).toEqual(optionValue(first, ETAG));
    expect(served.calls).toBe(2);
    await served.world.end();
  });

  test('is not made again by a POST: 4.08', async () => {
    const served = await serveWorld(() => body(150));
    expect(line(await ask(served.world, 1, 2, '0.02'))).toBe('ACK 4.08');
    expect(served.calls).toBe(0);
    await served.world.end();
  });

  test('a new request has a new body, and another ETag when it differs', async () => {
    let seed = 0;
    const served = await serveWorld(() => body(150, seed));
    const first = await ask(served.world);
    seed = 1;
    const second = await ask(served.world);
    expect(optionValue(second, ETAG)).not.toEqual(optionValue(first, ETAG));
    expect((await ask(served.world, 1)).payload).toEqual(body(150, 1).subarray(64, 128));
    await served.world.end();
  });

  test('of another peer is another one', async () => {
    const served = await serveWorld(() => body(150));
    await ask(served.world, undefined, 2, '0.02');
    const other = served.world.network.peer('10.0.0.3', 40_000);
    await served.world.say(
      { type: 'CON', code: '0.02', options: [...opt.path('big'), opt.block2(1, false, 2)] },
      other,
    );
    expect(await served.world.hearLine(other)).toBe('ACK 4.08');
    await served.world.end();
  });

  test("has the handler's ETag when there is one, and tells when it has left", async () => {
    const events: string[] = [];
    const world = await World.open({
      preferredBlockSize: 64,
      onRequest: () => ({
        code: Code.CONTENT,
        options: [opt.etag('mine')],
        payload: body(100),
        afterSent: () => events.push('sent'),
      }),
    });
    const answers = [await ask(world), await ask(world, 1)];
    expect(answers.map((answer) => text(optionValue(answer, ETAG)!))).toEqual(['mine', 'mine']);
    expect(events).toEqual(['sent']);
    await world.end();
  });
});

/** RFC 7252 §5.4.6, §5.6: what the cache key tells apart. */
describe('two large replies of one resource', () => {
  const accept = (format: number): CoapOption => ({ number: OptionNumber.ACCEPT, value: Uint8Array.of(format) });

  async function first(world: World, code: string, ...options: CoapOption[]): Promise<CoapMessage> {
    await world.say({ type: 'CON', code, options: [...opt.path('x'), ...options] });
    return world.hear();
  }

  test.each(['0.01', '0.02'])('to a %s differ by Accept', async (code) => {
    const world = await World.open({
      preferredBlockSize: 64,
      onRequest: ({ accept: format = 0 }) => ({
        code: Code.CONTENT,
        contentFormat: format,
        payload: body(100, format),
      }),
    });
    await first(world, code, accept(40));
    await first(world, code, accept(60));
    for (const format of [40, 60]) {
      const rest = await first(world, code, accept(format), opt.block2(1, false, 2));
      expect(uintOption(rest.options, OptionNumber.CONTENT_FORMAT)).toBe(format);
      expect(rest.payload).toEqual(body(100, format).subarray(64));
    }
    expect(world.endpoint.statistics.requests).toBe(2);
    await world.end();
  });

  test('to a FETCH differ by its payload', async () => {
    let version = 0;
    const world = await World.open({
      preferredBlockSize: 64,
      onRequest: ({ payload }) => ({ code: Code.CONTENT, payload: body(100, payload[0]! + (version += 1)) }),
    });
    const path = opt.path('x');
    for (const payload of ['a', 'b']) {
      await world.say({ type: 'CON', code: '0.05', options: path, payload });
      await world.hear();
    }
    for (const [payload, seed] of [
      ['a', 97 + 1],
      ['b', 98 + 2],
    ] as const) {
      await world.say({ type: 'CON', code: '0.05', options: [...path, opt.block2(1, false, 2)], payload });
      expect((await world.hear()).payload).toEqual(body(100, seed).subarray(64));
    }
    expect(world.endpoint.statistics.requests).toBe(2);
    await world.end();
  });

  test('to a FETCH in blocks: the rest is asked for without its payload', async () => {
    const world = await World.open({
      preferredBlockSize: 64,
      onRequest: ({ payload }) => ({ code: Code.CONTENT, payload: payload.toReversed() }),
    });
    const path = opt.path('x');
    const whole = body(100);
    await world.say({
      type: 'CON',
      code: '0.05',
      options: [...path, opt.block1(0, true, 2)],
      payload: whole.slice(0, 64),
    });
    await world.hear();
    await world.say({
      type: 'CON',
      code: '0.05',
      options: [...path, opt.block1(1, false, 2)],
      payload: whole.slice(64),
    });
    await world.hear();
    await world.say({ type: 'CON', code: '0.05', options: [...path, opt.block2(1, false, 2)] });
    expect((await world.hear()).payload).toEqual(whole.toReversed().subarray(64));
    await world.end();
  });

  test('are one when only what is no part of the key differs, and of a POST its Content-Format', async () => {
    const served = await serveWorld(() => body(150));
    const { world } = served;
    const format = { number: OptionNumber.CONTENT_FORMAT, value: Uint8Array.of(60) };
    await first(world, '0.02', format, opt.size1(9), opt.etag('a'));
    const rest = await first(world, '0.02', opt.block2(1, false, 2), opt.size2(0));
    expect(rest.payload).toEqual(body(150).subarray(64, 128));
    expect(served.calls).toBe(1);
    await world.end();
  });
});

test('blocks both ways in one exchange', async () => {
  const world = await World.open({
    preferredBlockSize: 64,
    onRequest: ({ payload }) => ({ code: Code.CHANGED, payload: payload.toReversed() }),
  });
  const whole = body(100);
  const path = opt.path('echo');
  await world.say({
    type: 'CON',
    code: '0.02',
    options: [...path, opt.block1(0, true, 2)],
    payload: whole.slice(0, 64),
  });
  expect(await world.hearLine()).toBe('ACK 2.31');
  await world.say({ type: 'CON', code: '0.02', options: [...path, opt.block1(1, false, 2)], payload: whole.slice(64) });
  const first = await world.hear();
  expect([first.code, block(first, BLOCK1), block(first, BLOCK2)]).toEqual([Code.CHANGED, '1/0/64', '0/1/64']);
  await world.say({ type: 'CON', code: '0.02', options: [...path, opt.block2(1, false, 2)] });
  const second = await world.hear();
  expect([block(second, BLOCK1), block(second, BLOCK2)]).toEqual([undefined, '1/0/64']);
  expect(new Uint8Array(Buffer.concat([first.payload, second.payload]))).toEqual(whole.toReversed());
  await world.end();
});
