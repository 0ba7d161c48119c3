import { describe, expect, test } from 'vitest';
import { Code, makeUintOption, OptionNumber, uintOption } from '../../src/index.ts';
import { body, bytes, line, World } from './world.ts';

const report = { method: Code.POST, path: ['log'], payload: bytes('x') };
const noResponse = (request: { readonly options: Parameters<typeof uintOption>[0] }): number | undefined =>
  uintOption(request.options, OptionNumber.NO_RESPONSE);

/** RFC 7967. */
describe('tell, Confirmable', () => {
  test('resolves on the Empty ACK; a response that comes yet is rejected', async () => {
    const world = await World.open();
    const pending = world.endpoint.tell(world.peer, report);
    const request = await world.hear();
    expect([line(request), noResponse(request)]).toEqual(['CON 0.02 "x"', 26]);
    await world.say({ type: 'ACK', messageId: request.messageId });
    await expect(pending).resolves.toBeUndefined();
    expect(world.clock.now()).toBe(0);
    await world.say({ type: 'CON', code: '2.04', token: request.token });
    expect(await world.hearLine()).toBe('RST 0.00');
    await world.end();
  });

  test('resolves on a piggybacked response, whatever it is', async () => {
    const world = await World.open();
    const pending = world.endpoint.tell(world.peer, report);
    await world.piggyback(await world.hear(), { code: '5.00' });
    await expect(pending).resolves.toBeUndefined();
    await world.end();
  });

  test('rejects on a Reset, and when nobody acknowledges', async () => {
    const world = await World.open();
    const rejected = world.endpoint.tell(world.peer, report);
    const refused = expect(rejected).rejects.toMatchObject({ code: 'ERR_COAP_RESET' });
    await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
    await refused;
    const lost = world.endpoint.tell(world.peer, report);
    await expect(world.clock.runUntil(lost)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    await world.end();
  });

  test('lets the next request go at once', async () => {
    const world = await World.open();
    const told = world.endpoint.tell(world.peer, report);
    const next = world.endpoint.request(world.peer, { method: Code.GET });
    await world.say({ type: 'ACK', messageId: (await world.hear()).messageId });
    await told;
    await world.piggyback(await world.hear(), { code: '2.05' });
    await next;
    await world.end();
  });
});

describe('tell, Non-confirmable', () => {
  const event = { ...report, confirmable: false };

  test('resolves when it is sent, and no token is kept', async () => {
    const world = await World.open();
    await world.endpoint.tell(world.peer, event);
    const request = await world.hear();
    expect([line(request), noResponse(request)]).toEqual(['NON 0.02 "x"', 26]);
    await world.say({ type: 'NON', code: '2.04', token: request.token });
    expect(await world.hearLine()).toBe('RST 0.00');
    await world.clock.advanceAsync(200_000);
    expect(world.endpoint.statistics.timeouts).toBe(0);
    await world.end();
  });

  test('keeps to PROBING_RATE, which a request may change', async () => {
    const world = await World.open();
    await world.endpoint.tell(world.peer, event, { parameters: { probingRate: 1000 } });
    await world.clock.settle();
    const length = world.device.take().length;
    void world.endpoint.tell(world.peer, event);
    await world.hearNothing();
    await world.clock.advanceAsync(length);
    await world.hear();
    const third = world.endpoint.ping(world.peer);
    third.catch(() => undefined);
    await world.clock.advanceAsync(1000 * length - 1);
    await world.hearNothing();
    await world.clock.advanceAsync(1);
    expect(await world.hearLine()).toBe('CON 0.00');
    await world.end();
  });

  test('is not sent when it is aborted while it waits', async () => {
    const world = await World.open();
    const abort = new AbortController();
    await world.endpoint.tell(world.peer, event);
    await world.hear();
    const pending = world.endpoint.tell(world.peer, event, { signal: abort.signal });
    abort.abort();
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_ABORTED' });
    await world.clock.advanceAsync(200_000);
    await world.hearNothing();
    await world.end();
  });

  test('that waits fails when the endpoint closes', async () => {
    const world = await World.open();
    await world.endpoint.tell(world.peer, event);
    await world.hear();
    const waiting = Promise.allSettled([world.endpoint.tell(world.peer, event), world.endpoint.ping(world.peer)]);
    await world.end();
    expect((await waiting).map((result) => result.status === 'rejected' && (result.reason as Error))).toMatchObject([
      { code: 'ERR_COAP_CLOSED' },
      { code: 'ERR_COAP_CLOSED' },
    ]);
  });
});

describe('what tell sends', () => {
  test.each([
    ['the field', { ...report, noResponse: 2 }, 2],
    ['a further option', { ...report, options: [makeUintOption(OptionNumber.NO_RESPONSE, 8)] }, 8],
  ])('No-Response as %s says', async (_name, request, expected) => {
    const world = await World.open();
    const pending = world.endpoint.tell(world.peer, request);
    const heard = await world.hear();
    expect(heard.options.filter(({ number }) => number === OptionNumber.NO_RESPONSE)).toHaveLength(1);
    expect(noResponse(heard)).toBe(expected);
    await world.say({ type: 'ACK', messageId: heard.messageId });
    await pending;
    await world.end();
  });

  test('fits into a block', async () => {
    const world = await World.open({ preferredBlockSize: 64 });
    const large = { ...report, payload: body(65) };
    await expect(world.endpoint.tell(world.peer, large)).rejects.toBeInstanceOf(RangeError);
    const pending = world.endpoint.tell(world.peer, large, { blockSize: 128 });
    await world.say({ type: 'ACK', messageId: (await world.hear()).messageId });
    await pending;
    await world.end();
  });
});
