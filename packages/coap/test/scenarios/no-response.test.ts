import { describe, expect, test } from 'vitest';
import { type CoapOption, type CoapReply, Code, type ObserveRelation, OptionNumber } from '../../src/index.ts';
import { block, body, bytes, line, opt, World } from './world.ts';

const noResponse = (...value: number[]): CoapOption => ({
  number: OptionNumber.NO_RESPONSE,
  value: Uint8Array.from(value),
});

async function replying(reply: CoapReply | Promise<CoapReply>): Promise<World> {
  return World.open({ preferredBlockSize: 64, onRequest: () => reply });
}

/** RFC 7967 §2.1. */
describe('No-Response', () => {
  const replies = { '2.04': Code.CHANGED, '4.04': Code.NOT_FOUND, '5.00': Code.INTERNAL_SERVER_ERROR };

  test.each<[string, readonly CoapOption[], readonly (keyof typeof replies)[]]>([
    ['absent', [], ['2.04', '4.04', '5.00']],
    ['empty', [noResponse()], ['2.04', '4.04', '5.00']],
    ['0', [noResponse(0)], ['2.04', '4.04', '5.00']],
    ['2', [noResponse(2)], ['4.04', '5.00']],
    ['8', [noResponse(8)], ['2.04', '5.00']],
    ['16', [noResponse(16)], ['2.04', '4.04']],
    ['24', [noResponse(24)], ['2.04']],
    ['26', [noResponse(26)], []],
    ['26 and unknown bits', [noResponse(0xff)], []],
    ['unknown bits alone', [noResponse(0xe5)], ['2.04', '4.04', '5.00']],
    ['of two bytes: malformed', [noResponse(0, 26)], ['2.04', '4.04', '5.00']],
    ['twice: the first counts', [noResponse(2), noResponse(8)], ['4.04', '5.00']],
  ])('%s lets through what it does not name', async (_name, options, through) => {
    for (const [name, code] of Object.entries(replies)) {
      const world = await replying({ code });
      await world.say({ type: 'NON', code: '0.02', options });
      const heard = world.device.takeAll();
      expect([name, heard.length]).toEqual([name, (through as readonly string[]).includes(name) ? 1 : 0]);
      await world.end();
    }
  });

  test('of a Confirmable request: an Empty ACK, for duplicates too', async () => {
    const world = await replying({ code: Code.CHANGED, payload: bytes('unheard') });
    const script = { type: 'CON', code: '0.02', messageId: 5, token: 't', options: [noResponse(2)] } as const;
    for (let round = 0; round < 2; round += 1) {
      await world.say(script);
      const answer = await world.hear();
      expect([line(answer), answer.messageId, answer.token.length]).toEqual(['ACK 0.00', 5, 0]);
    }
    expect(world.endpoint.statistics).toMatchObject({ requests: 1, duplicates: 1 });
    await world.end();
  });

  test('of a Confirmable request that takes a while: nothing after the Empty ACK', async () => {
    let answer: ((reply: CoapReply) => void) | undefined;
    const world = await replying(new Promise((resolve) => (answer = resolve)));
    await world.say({ type: 'CON', code: '0.02', options: [noResponse(26)] });
    await world.clock.advanceAsync(1000);
    expect(await world.hearLine()).toBe('ACK 0.00');
    answer!({ code: Code.CHANGED });
    await world.hearNothing();
    await world.end();
  });

  test.each(['CON', 'NON'] as const)('of a %s: afterSent is called, onUnsent is not', async (type) => {
    const events: string[] = [];
    const world = await replying({
      code: Code.CHANGED,
      afterSent: () => events.push('sent'),
      onUnsent: () => events.push('unsent'),
    });
    await world.say({ type, code: '0.02', options: [noResponse(26)] });
    expect(events).toEqual(['sent']);
    await world.end();
  });

  test('is about what the engine answers by itself as well', async () => {
    const world = await World.open();
    await world.say({ type: 'NON', code: '0.09', options: [noResponse(8)] });
    await world.hearNothing();
    await world.say({ type: 'CON', code: '0.01', options: [opt.raw(9), noResponse(8)] });
    expect(await world.hearLine()).toBe('ACK 0.00');
    await world.end();
  });

  test('keeps no block of a request from its answer, but the last', async () => {
    const world = await replying({ code: Code.CHANGED });
    const whole = body(150);
    const say = async (num: number): Promise<void> => {
      const options = [opt.block1(num, num < 2, 2), noResponse(26)];
      const payload = whole.subarray(64 * num, 64 * num + 64);
      await world.say({ type: 'NON', code: '0.02', options, payload });
    };
    await say(0);
    const answer = await world.hear();
    expect([line(answer), block(answer, OptionNumber.BLOCK1)]).toEqual(['NON 2.31', '0/1/64']);
    await say(1);
    expect(await world.hearLine()).toBe('NON 2.31');
    await say(2);
    await world.hearNothing();
    expect(world.endpoint.statistics.requests).toBe(1);
    await say(1);
    expect(await world.hearLine()).toBe('NON 4.08');
    await world.end();
  });

  test('of a registration is about its response, not about notifications', async () => {
    const relations: ObserveRelation[] = [];
    const world = await World.open({
      onRequest: (request) => {
        relations.push(request.acceptObservation());
        return { code: Code.CONTENT };
      },
    });
    await world.say({ type: 'NON', code: '0.01', options: [opt.observe(0), noResponse(2)] });
    await world.hearNothing();
    await relations[0]!.notify({ code: Code.CONTENT, payload: bytes('x') }, { confirmable: false });
    expect(await world.hearLine()).toBe('NON 2.05 "x"');
    await world.end();
  });
});

/** A peer that obeys would not send 2.31 either. */
test('No-Response goes along with the last block of a request alone', async () => {
  const world = await World.open({ preferredBlockSize: 64 });
  const request = { method: Code.PUT, payload: body(100), noResponse: 26 };
  const pending = world.endpoint.request(world.peer, request);
  const first = await world.hear();
  expect(first.options.some(({ number }) => number === OptionNumber.NO_RESPONSE)).toBe(false);
  await world.piggyback(first, { code: '2.31', options: [opt.block1(0, true, 2)] });
  const last = await world.hear();
  expect(block(last, OptionNumber.BLOCK1)).toBe('1/0/64');
  expect(last.options).toContainEqual(noResponse(26));
  await world.piggyback(last, { code: '2.04', options: [opt.block1(1, false, 2)] });
  await pending;
  await world.end();
});
