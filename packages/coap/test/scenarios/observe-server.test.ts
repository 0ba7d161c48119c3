import { describe, expect, test } from 'vitest';
import {
  Code,
  type CoapReply,
  type IncomingRequest,
  type ObserveRelation,
  OptionNumber,
  uintOption,
} from '../../src/index.ts';
import { block, body, bytes, line, opt, text, World } from './world.ts';

const { BLOCK2, OBSERVE } = OptionNumber;
const value = (content: string): CoapReply => ({ code: Code.CONTENT, payload: bytes(content) });

interface Observed {
  readonly world: World;
  readonly relations: ObserveRelation[];
  readonly ends: number[];
  readonly requests: IncomingRequest[];
  /** Sends a registration, or a cancellation with Observe 1. */
  readonly register: (observe?: number, token?: string) => Promise<void>;
}

async function observedWorld(reply: CoapReply = value('first')): Promise<Observed> {
  const relations: ObserveRelation[] = [];
  const ends: number[] = [];
  const requests: IncomingRequest[] = [];
  const world = await World.open({
    preferredBlockSize: 64,
    onRequest: (request) => {
      requests.push(request);
      if (request.observe === 0) {
        const relation = request.acceptObservation();
        const index = relations.push(relation) - 1;
        relation.onEnd = () => ends.push(index);
      }
      return reply;
    },
  });
  const register = async (observe = 0, token = 'tok'): Promise<void> => {
    await world.say({ type: 'CON', code: '0.01', token, options: [opt.observe(observe), ...opt.path('r')] });
  };
  return { world, relations, ends, requests, register };
}

/** RFC 7641 §4. */
describe('an observation of us', () => {
  test('is accepted in the reply, and notifications count up', async () => {
    const { world, relations, register } = await observedWorld();
    await register();
    const answer = await world.hear();
    expect([line(answer), uintOption(answer.options, OBSERVE)]).toEqual(['ACK 2.05 "first"', 0]);
    const done = relations[0]!.notify(value('second'));
    const second = await world.hear();
    expect([line(second), uintOption(second.options, OBSERVE), text(second.token)]).toEqual([
      'CON 2.05 "second"',
      1,
      'tok',
    ]);
    await world.say({ type: 'ACK', messageId: second.messageId });
    await done;
    await relations[0]!.notify(value('third'), { confirmable: false });
    const third = await world.hear();
    expect([line(third), uintOption(third.options, OBSERVE)]).toEqual(['NON 2.05 "third"', 2]);
    expect(relations[0]!.active).toBe(true);
    await world.end();
  });

  test('that the handler does not accept has no Observe', async () => {
    const world = await World.open({ onRequest: () => value('plain') });
    await world.say({ type: 'CON', code: '0.01', options: [opt.observe(0)] });
    expect(uintOption((await world.hear()).options, OBSERVE)).toBeUndefined();
    await world.end();
  });

  test('cannot be accepted where nobody asked', async () => {
    let error: unknown;
    const world = await World.open({
      onRequest: (request) => {
        try {
          request.acceptObservation();
        } catch (thrown) {
          error = thrown;
        }
        return value('x');
      },
    });
    await world.say({ type: 'CON', code: '0.01' });
    expect(error).toBeInstanceOf(TypeError);
    await world.end();
  });

  test('ends when the reply is an error', async () => {
    const { world, relations, ends, register } = await observedWorld({ code: Code.NOT_FOUND });
    await register();
    expect(uintOption((await world.hear()).options, OBSERVE)).toBeUndefined();
    expect(relations[0]!.active).toBe(false);
    expect(ends).toEqual([]);
    await world.end();
  });

  test('is retransmitted, and ends when nobody acknowledges', async () => {
    const { world, relations, ends, register } = await observedWorld();
    await register();
    await world.hear();
    const lost = relations[0]!.notify(value('x'));
    const waiting = relations[0]!.notify(value('y'));
    waiting.catch(() => undefined);
    await expect(world.clock.runUntil(lost)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    expect(world.device.takeAll()).toHaveLength(5);
    expect(ends).toEqual([0]);
    await expect(relations[0]!.notify(value('z'))).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    await world.end();
  });

  test.each([true, false])('ends with a Reset for a notification (Confirmable: %s)', async (confirmable) => {
    const { world, relations, ends, register } = await observedWorld();
    await register();
    await world.hear();
    const sent = relations[0]!.notify(value('x'), { confirmable });
    sent.catch(() => undefined);
    await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
    if (confirmable) await expect(sent).rejects.toMatchObject({ code: 'ERR_COAP_RESET' });
    else await sent;
    expect([relations[0]!.active, ends]).toEqual([false, [0]]);
    await world.end();
  });

  test('remembers its latest Non-confirmable notification only', async () => {
    const { world, relations, register } = await observedWorld();
    await register();
    await world.hear();
    await relations[0]!.notify(value('x'), { confirmable: false });
    const older = await world.hear();
    await relations[0]!.notify(value('y'), { confirmable: false });
    const latest = await world.hear();
    await world.say({ type: 'RST', messageId: older.messageId });
    expect([relations[0]!.active, world.endpoint.statistics.unmatched]).toEqual([true, 1]);
    await world.say({ type: 'RST', messageId: latest.messageId });
    expect(relations[0]!.active).toBe(false);
    await world.end();
  });

  test('sends one Confirmable notification at a time', async () => {
    const { world, relations, register } = await observedWorld();
    await register();
    await world.hear();
    const all = [relations[0]!.notify(value('a')), relations[0]!.notify(value('b'))];
    const first = await world.hear();
    expect(line(first)).toContain('"a"');
    await world.say({ type: 'ACK', messageId: first.messageId });
    const second = await world.hear();
    expect(line(second)).toContain('"b"');
    await world.say({ type: 'ACK', messageId: second.messageId });
    await Promise.all(all);
    await world.end();
  });

  test('is replaced by a registration with the same token, and the numbers go on', async () => {
    const { world, relations, ends, register } = await observedWorld();
    await register();
    await register();
    expect(ends).toEqual([0]);
    const [, second] = world.device.takeAll();
    expect(second).toBeDefined();
    expect(relations.map(({ active }) => active)).toEqual([false, true]);
    void relations[1]!.notify(value('x')).catch(() => undefined);
    expect(uintOption((await world.hear()).options, OBSERVE)).toBe(2);
    await world.end();
  });

  test.each<[string, CoapReply]>([
    ['an error', { code: Code.NOT_FOUND }],
    ['a success without Observe', value('plain')],
  ])('ends when a registration with the same token is answered by %s', async (_name, refusal) => {
    const relations: ObserveRelation[] = [];
    const ends: string[] = [];
    const world = await World.open({
      onRequest: (request) => {
        if (relations.length > 0) return refusal;
        const relation = request.acceptObservation();
        relation.onEnd = () => ends.push('ended');
        relations.push(relation);
        return value('first');
      },
    });
    const register = async (token: string): Promise<void> => {
      await world.say({ type: 'CON', code: '0.01', token, options: [opt.observe(0)] });
      await world.hear();
    };
    await register('a');
    await register('b');
    expect(relations[0]!.active).toBe(true);
    await register('a');
    expect([relations[0]!.active, ends]).toEqual([false, ['ended']]);
    await world.end();
  });

  test('does not end with a plain GET that has its token', async () => {
    const { world, relations, register } = await observedWorld();
    await register();
    await world.hear();
    await world.say({ type: 'CON', code: '0.01', token: 'tok', options: opt.path('r') });
    expect(uintOption((await world.hear()).options, OBSERVE)).toBeUndefined();
    expect(relations[0]!.active).toBe(true);
    await world.end();
  });

  /** RFC 7641 §2, RFC 8132 §2.4: Observe means something in a GET and in a FETCH. */
  test.each([
    ['0.02', [undefined, undefined], true],
    ['0.05', [0, 1], false],
  ])('in a %s', async (code, expected, stays) => {
    const { world, relations, requests, register } = await observedWorld();
    await register();
    for (const observe of [0, 1]) await world.say({ type: 'CON', code, token: 'tok', options: [opt.observe(observe)] });
    expect(requests.slice(1).map(({ observe }) => observe)).toEqual(expected);
    expect(relations[0]!.active).toBe(stays);
    await world.end();
  });

  test('of another token is another one', async () => {
    const { world, relations, register } = await observedWorld();
    await register(0, 'a');
    await register(0, 'b');
    expect(relations.map(({ active }) => active)).toEqual([true, true]);
    await world.end();
  });

  test('ends with Observe 1 and the same token, before the handler runs', async () => {
    const { world, relations, ends, requests, register } = await observedWorld();
    await register();
    await world.hear();
    await register(1);
    expect(uintOption((await world.hear()).options, OBSERVE)).toBeUndefined();
    expect([relations[0]!.active, ends, requests[1]!.observe]).toEqual([false, [0], 1]);
    await world.end();
  });

  test('ends with an error notification, which has no Observe', async () => {
    const { world, relations, ends, register } = await observedWorld();
    await register();
    await world.hear();
    const done = relations[0]!.notify({ code: Code.NOT_FOUND });
    const last = await world.hear();
    expect([line(last), uintOption(last.options, OBSERVE)]).toEqual(['CON 4.04', undefined]);
    await world.say({ type: 'ACK', messageId: last.messageId });
    await done;
    expect([relations[0]!.active, ends]).toEqual([false, []]);
    await world.end();
  });

  test('notifies of a body larger than a block: the rest is fetched', async () => {
    const { world, relations, requests, register } = await observedWorld();
    await register();
    await world.hear();
    void relations[0]!.notify({ code: Code.CONTENT, payload: body(100) });
    const first = await world.hear();
    expect([block(first, BLOCK2), uintOption(first.options, OBSERVE), first.payload.length]).toEqual(['0/1/64', 1, 64]);
    await world.say({ type: 'ACK', messageId: first.messageId });
    await world.say({
      type: 'CON',
      code: '0.01',
      token: 'other',
      options: [...opt.path('r'), opt.block2(1, false, 2)],
    });
    const rest = await world.hear();
    expect([block(rest, BLOCK2), uintOption(rest.options, OBSERVE)]).toEqual(['1/0/64', undefined]);
    expect(new Uint8Array(Buffer.concat([first.payload, rest.payload]))).toEqual(body(100));
    expect(requests).toHaveLength(1);
    await world.end();
  });

  test('ends when the endpoint closes', async () => {
    const { world, relations, ends, register } = await observedWorld();
    await register();
    await world.hear();
    const pending = relations[0]!.notify(value('x'));
    pending.catch(() => undefined);
    await world.end();
    await expect(pending).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    expect(ends).toEqual([0]);
  });

  test('is one of a bounded number', async () => {
    const { world, relations, register } = await observedWorld();
    for (let index = 0; index < 257; index += 1) await register(0, `t${index}`);
    expect(relations).toHaveLength(256);
    const last = world.device.takeAll().at(-1)!;
    expect(last[1]).toBe(Code.SERVICE_UNAVAILABLE);
    await world.end();
  });
});

describe('what an observation keeps of its request', () => {
  test('are copies, not views of the datagram', async () => {
    let relation: ObserveRelation | undefined;
    const world = await World.open(
      {
        onRequest: (request) => {
          relation = request.acceptObservation();
          return { code: Code.CONTENT };
        },
      },
      (transport) => ({
        scheme: transport.scheme,
        maxDatagramSize: transport.maxDatagramSize,
        open: (handler) =>
          transport.open({
            onPeerClosed: (peer) => handler.onPeerClosed(peer),
            onDatagram: (peer, datagram) => {
              handler.onDatagram(peer, datagram);
              datagram.fill(255);
            },
          }),
        get localAddress() {
          return transport.localAddress;
        },
        send: (peer, datagram) => transport.send(peer, datagram),
        connect: (host, port) => transport.connect(host, port),
        close: () => transport.close(),
      }),
    );
    await world.say({ type: 'CON', code: '0.01', token: 'o', options: [opt.observe(0), opt.etag('e')] });
    await world.hear();
    void relation?.notify({ code: Code.CONTENT, etag: bytes('e') }, { confirmable: false });
    expect(await world.hearLine()).toBe('NON 2.03');
    await world.end();
  });

  test('are at most 2048 bytes', async () => {
    const world = await World.open({
      onRequest: (request) => {
        request.acceptObservation();
        return { code: Code.CONTENT };
      },
    });
    const register = async (length: number): Promise<string> => {
      const options = [opt.observe(0), opt.raw(65_000, 'x'.repeat(length))];
      await world.say({ type: 'CON', code: '0.01', token: 'o', options, payload: 'y'.repeat(5000) });
      return world.hearLine();
    };
    expect(await register(2048)).toBe('ACK 2.05');
    expect(await register(2049)).toMatch(/^ACK 5.03/);
    await world.end();
  });

  test('is nothing any more when the handler never answers', async () => {
    let ended = 0;
    const world = await World.open({
      onRequest: (request) => {
        request.acceptObservation().onEnd = () => (ended += 1);
        return new Promise(() => undefined);
      },
    });
    await world.say({ type: 'CON', code: '0.01', token: 'o', options: [opt.observe(0)] });
    await world.clock.advanceAsync(600_000);
    expect([ended, world.endpoint.usage.relations, world.endpoint.usage.peers]).toEqual([1, 0, 0]);
    await world.end();
  });
});
