import { describe, expect, test } from 'vitest';
import { Code, type CoapMessage, type CoapRequest, OptionNumber } from '../../src/index.ts';
import { block, body, opt, optionValue, text, World } from './world.ts';

const { BLOCK1, BLOCK2, REQUEST_TAG } = OptionNumber;
const put: CoapRequest = { method: Code.PUT, path: ['a'], payload: body(100) };
const tagOf = (message: CoapMessage): Uint8Array | undefined => optionValue(message, REQUEST_TAG);

/** Sends the first of two blocks and gives up. Returns it. */
async function abandon(world: World, request = put): Promise<CoapMessage> {
  const abort = new AbortController();
  const pending = world.endpoint.request(world.peer, request, { signal: abort.signal });
  const refused = expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
  const first = await world.hear();
  await world.piggyback(first, { code: '2.31', options: [opt.block1(0, true, 2)] });
  await world.hear();
  abort.abort();
  await refused;
  return first;
}

/** Uploads in two blocks and returns them. */
async function upload(world: World, request = put): Promise<CoapMessage[]> {
  const pending = world.endpoint.request(world.peer, request);
  const blocks = [await world.hear()];
  await world.piggyback(blocks[0]!, { code: '2.31', options: [opt.block1(0, true, 2)] });
  blocks.push(await world.hear());
  await world.piggyback(blocks[1]!, { code: '2.04', options: [opt.block1(1, false, 2)] });
  await pending;
  return blocks;
}

/** RFC 9175 §3.4. */
describe('Request-Tag', () => {
  test('is not in uploads that need none', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    for (const blocks of [await upload(world), await upload(world)]) {
      expect(blocks.map(tagOf)).toEqual([undefined, undefined]);
    }
    await world.end();
  });

  test('is in the next upload to a resource where one was given up, the same in all its blocks', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    expect(tagOf(await abandon(world))).toBeUndefined();
    const [first, second] = await upload(world);
    expect(tagOf(first!)).toHaveLength(4);
    expect(tagOf(second!)).toEqual(tagOf(first!));
    const [other] = await upload(world);
    expect(tagOf(other!)).toHaveLength(4);
    expect(tagOf(other!)).not.toEqual(tagOf(first!));
    await world.end();
  });

  test('is not in uploads elsewhere', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    await abandon(world);
    expect(tagOf((await upload(world, { ...put, path: ['b'] }))[0]!)).toBeUndefined();
    expect(tagOf((await upload(world, { ...put, method: Code.POST }))[0]!)).toBeUndefined();
    await world.end();
  });

  test('is needed as long as the peer may remember: EXCHANGE_LIFETIME', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    await abandon(world);
    await world.clock.advanceAsync(246_999);
    expect(tagOf((await upload(world))[0]!)).toBeDefined();
    await world.clock.advanceAsync(1);
    expect(tagOf((await upload(world))[0]!)).toBeUndefined();
    await world.end();
  });

  test('is needed after one that nobody acknowledged, and not after one that was answered', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const answered = world.endpoint.request(world.peer, put);
    await world.piggyback(await world.hear(), { code: '5.01' });
    await answered;
    expect(tagOf((await upload(world))[0]!)).toBeUndefined();
    await expect(world.clock.runUntil(world.endpoint.request(world.peer, put))).rejects.toMatchObject({
      code: 'ERR_COAP_TIMEOUT',
    });
    world.device.takeAll();
    expect(tagOf((await upload(world))[0]!)).toBeDefined();
    await world.end();
  });

  test('is not needed after one that was answered, whose response was given up', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const abort = new AbortController();
    const pending = world.endpoint.request(world.peer, put, { signal: abort.signal });
    const refused = expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    await world.piggyback(await world.hear(), { code: '2.31', options: [opt.block1(0, true, 2)] });
    const options = [opt.block1(1, false, 2), opt.block2(0, true, 2)];
    await world.piggyback(await world.hear(), { code: '2.04', options, payload: body(64) });
    await world.hear();
    abort.abort();
    await refused;
    expect(tagOf((await upload(world))[0]!)).toBeUndefined();
    await world.end();
  });

  test('is the caller’s own when there is one', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    await abandon(world);
    const [first] = await upload(world, { ...put, options: [opt.raw(REQUEST_TAG, 'mine')] });
    expect(first!.options.filter(({ number }) => number === REQUEST_TAG)).toHaveLength(1);
    expect(text(tagOf(first!)!)).toBe('mine');
    await world.end();
  });

  test('is in every FETCH in blocks, and in the requests for its response', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const pending = world.endpoint.request(world.peer, { ...put, method: Code.FETCH });
    const first = await world.hear();
    expect(tagOf(first)).toHaveLength(4);
    await world.piggyback(first, { code: '2.31', options: [opt.block1(0, true, 2)] });
    const second = await world.hear();
    const payload = body(80);
    const options = [opt.block1(1, false, 2), opt.block2(0, true, 2)];
    await world.piggyback(second, { code: '2.05', options, payload: payload.subarray(0, 64) });
    const third = await world.hear();
    expect([block(third, BLOCK1), block(third, BLOCK2)]).toEqual([undefined, '1/0/64']);
    expect([tagOf(second), tagOf(third)]).toEqual([tagOf(first), tagOf(first)]);
    await world.piggyback(third, { code: '2.05', options: [opt.block2(1, false, 2)], payload: payload.subarray(64) });
    expect((await pending).payload).toEqual(payload);
    const small = world.endpoint.request(world.peer, { ...put, method: Code.FETCH, payload: body(10) });
    const whole = await world.hear();
    expect(tagOf(whole)).toBeUndefined();
    await world.piggyback(whole, { code: '2.05' });
    await small;
    await world.end();
  });
});
