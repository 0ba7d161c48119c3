import type { DatagramTransport, Peer } from '@flownexus/datagram';
import type { LockStepPeer, MemoryTransport } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import {
  CoapError,
  type CoapMessage,
  type CoapOption,
  type CoapReply,
  Code,
  type EchoOptions,
  type EchoRequest,
  type IncomingRequest,
  OptionNumber,
} from '../../src/index.ts';
import { block, body, bytes, line, opt, optionValue, World } from './world.ts';

const { BLOCK1, BLOCK2, ECHO } = OptionNumber;

interface Guarded {
  readonly world: World;
  readonly requests: IncomingRequest[];
}

async function guarded(
  echo: EchoOptions,
  reply: CoapReply | (() => CoapReply | Promise<CoapReply>) = { code: Code.CHANGED },
  wrap?: (transport: MemoryTransport) => DatagramTransport,
): Promise<Guarded> {
  const requests: IncomingRequest[] = [];
  const world = await World.open(
    {
      preferredBlockSize: 256,
      echo,
      onRequest: (request) => {
        requests.push(request);
        return typeof reply === 'function' ? reply() : reply;
      },
    },
    wrap,
  );
  return { world, requests };
}

async function ask(
  world: World,
  options: readonly CoapOption[] = [],
  script: Partial<Parameters<World['say']>[0]> = {},
  from: LockStepPeer = world.device,
): Promise<CoapMessage> {
  await world.say({ type: 'CON', code: '0.02', ...script, options }, from);
  return world.hear(from);
}

/** The Echo of a challenge, to send back. */
function echoOf(challenge: CoapMessage): CoapOption {
  expect(challenge.code).toBe(Code.UNAUTHORIZED);
  const value = optionValue(challenge, ECHO)!;
  expect(value).toHaveLength(16);
  return { number: ECHO, value };
}

/** RFC 9175 §2.3. */
describe('a request that has to be fresh', () => {
  const always: EchoOptions = { required: () => true };

  test('is challenged, and performed when it comes again with the Echo', async () => {
    const { world, requests } = await guarded(always);
    const challenge = await ask(world);
    expect([line(challenge), challenge.options.length]).toEqual(['ACK 4.01', 1]);
    expect(requests).toEqual([]);
    expect(line(await ask(world, [echoOf(challenge)]))).toBe('ACK 2.04');
    expect(requests.map(({ echoFresh }) => echoFresh)).toEqual([true]);
    await world.end();
  });

  test('is challenged as Non-confirmable one as well', async () => {
    const { world } = await guarded(always);
    const challenge = await ask(world, [], { type: 'NON' });
    expect(line(challenge)).toBe('NON 4.01');
    expect(line(await ask(world, [echoOf(challenge)], { type: 'NON' }))).toBe('NON 2.04');
    await world.end();
  });

  test('may use an Echo again while it is fresh, and gets another one later', async () => {
    const { world } = await guarded({ ...always, freshnessMs: 5000 });
    const echo = echoOf(await ask(world));
    await world.clock.advanceAsync(4999);
    expect(line(await ask(world, [echo]))).toBe('ACK 2.04');
    await world.clock.advanceAsync(1);
    const next = await ask(world, [echo]);
    expect(echoOf(next).value).not.toEqual(echo.value);
    expect(line(await ask(world, [echoOf(next)]))).toBe('ACK 2.04');
    await world.end();
  });

  test('is fresh for a minute by default', async () => {
    const { world } = await guarded(always);
    const echo = echoOf(await ask(world));
    await world.clock.advanceAsync(59_999);
    expect(line(await ask(world, [echo]))).toBe('ACK 2.04');
    await world.clock.advanceAsync(1);
    expect(line(await ask(world, [echo]))).toBe('ACK 4.01');
    await world.end();
  });

  test('has no use for the Echo of another peer, a changed or a foreign one', async () => {
    const { world, requests } = await guarded(always);
    const other = world.network.peer('10.0.0.3', 40_000);
    const { value } = echoOf(await ask(world));
    const changed = (index: number): Uint8Array => value.map((byte, at) => (at === index ? byte ^ 1 : byte));
    expect(line(await ask(world, [{ number: ECHO, value }], {}, other))).toBe('ACK 4.01');
    for (const index of [0, 7, 8, 15]) {
      expect(line(await ask(world, [{ number: ECHO, value: changed(index) }]))).toBe('ACK 4.01');
    }
    for (const length of [1, 8, 15, 17, 40]) {
      expect(line(await ask(world, [{ number: ECHO, value: new Uint8Array(length) }]))).toBe('ACK 4.01');
    }
    expect(requests).toEqual([]);
    await world.end();
  });

  test('is told from others by what the application sees of it', async () => {
    const seen: EchoRequest[] = [];
    const { world, requests } = await guarded({
      required: (request) => {
        seen.push(request);
        return request.method !== Code.GET && request.path[0] === 'lock';
      },
    });
    expect(line(await ask(world, opt.path('lock'), { code: '0.01' }))).toBe('ACK 2.04');
    expect(line(await ask(world, opt.path('open')))).toBe('ACK 2.04');
    expect(line(await ask(world, opt.path('lock')))).toBe('ACK 4.01');
    expect(requests.map(({ echoFresh }) => echoFresh)).toEqual([false, false]);
    expect(seen.map(({ method, confirmable, peer: { port } }) => [method, confirmable, port])).toEqual([
      [Code.GET, true, 40_000],
      [Code.POST, true, 40_000],
      [Code.POST, true, 40_000],
    ]);
    await world.end();
  });

  test.each([
    ['a response code', new CoapError('ERR_COAP_RESPONSE', 'no', { responseCode: Code.FORBIDDEN }), 'ACK 4.03 "no"', 0],
    ['anything else', new Error('secret'), 'ACK 5.00', 1],
  ])('is answered by what the application throws: %s', async (_name, error, expected, handlerErrors) => {
    const { world } = await guarded({
      required: () => {
        throw error;
      },
    });
    expect(line(await ask(world))).toBe(expected);
    expect(world.endpoint.statistics.handlerErrors).toBe(handlerErrors);
    await world.end();
  });

  test('in blocks is challenged at its first, before anything of it is kept', async () => {
    const { world, requests } = await guarded(always);
    const whole = body(300);
    const send = (num: number, ...options: CoapOption[]): Promise<CoapMessage> =>
      ask(world, [opt.block1(num, num === 0, 4), ...options], { payload: whole.subarray(256 * num, 256 * num + 256) });
    const challenge = await send(0);
    const echo = echoOf(challenge);
    expect(optionValue(challenge, BLOCK1)).toBeUndefined();
    expect((await send(1, echo)).code).toBe(Code.REQUEST_ENTITY_INCOMPLETE);
    expect((await send(0, echo)).code).toBe(Code.CONTINUE);
    expect((await send(1, echo)).code).toBe(Code.CHANGED);
    expect(requests.map(({ payload }) => payload)).toEqual([whole]);
    await world.end();
  });

  test('confirms the path of a peer whose address has changed, and only from there', async () => {
    const confirmed: Peer[] = [];
    let host = '10.0.0.9';
    const moved = (peer: Peer): Peer => ({ ...peer, host, pathValidated: false });
    const { world } = await guarded(always, undefined, (transport) => ({
      scheme: transport.scheme,
      maxDatagramSize: transport.maxDatagramSize,
      get localAddress() {
        return transport.localAddress;
      },
      open: (handler) =>
        transport.open({ ...handler, onDatagram: (peer, datagram) => handler.onDatagram(moved(peer), datagram) }),
      send: (peer, datagram) => transport.send({ ...peer, host: '10.0.0.2' }, datagram),
      connect: (to, port) => transport.connect(to, port),
      confirmPath: (peer) => confirmed.push(peer),
      close: () => transport.close(),
    }));
    const echo = echoOf(await ask(world));
    expect(confirmed).toEqual([]);
    expect(line(await ask(world, [echo]))).toBe('ACK 2.04');
    expect(confirmed.map((peer) => peer.host)).toEqual(['10.0.0.9']);
    host = '10.0.0.8';
    expect(line(await ask(world, [echo]))).toBe('ACK 4.01');
    await world.end();
  });
});

/** RFC 9175 §2.4 item 3. */
describe('a reply that is much larger than its request', () => {
  const factor: EchoOptions = { amplificationFactor: 3 };
  const large: CoapReply = { code: Code.CONTENT, payload: body(200) };
  const get = { code: '0.01' };

  test('is not sent to a peer that has not proven its address', async () => {
    const { world, requests } = await guarded(factor, large);
    const challenge = await ask(world, [], get);
    expect(line(challenge)).toBe('ACK 4.01');
    const answer = await ask(world, [echoOf(challenge)], get);
    expect([answer.code, answer.payload.length]).toEqual([Code.CONTENT, 200]);
    expect((await ask(world, [], get)).code).toBe(Code.CONTENT);
    expect(requests.map(({ echoFresh }) => echoFresh)).toEqual([false, true, false]);
    await world.end();
  });

  test.each([
    ['136 bytes', 131, 0, Code.CONTENT],
    ['137 bytes', 132, 0, Code.UNAUTHORIZED],
    ['three times the request', 145, 45, Code.CONTENT],
    ['a byte more', 146, 45, Code.UNAUTHORIZED],
  ])('begins beyond %s', async (_name, length, requestLength, expected) => {
    // 4 bytes of header and the payload marker; the request has a header, and a marker and a payload when there is one.
    const { world } = await guarded(factor, { code: Code.CONTENT, payload: body(length) });
    expect((await ask(world, [], { code: '0.05', payload: body(requestLength) })).code).toBe(expected);
    await world.end();
  });

  test('is withheld: its handler is told, and what it observes ends', async () => {
    const events: string[] = [];
    const { world, requests } = await guarded(factor, () => {
      const relation = requests.at(-1)!.acceptObservation();
      return {
        ...large,
        afterSent: () => events.push(`sent ${relation.active}`),
        onUnsent: () => events.push(`unsent ${relation.active}`),
      };
    });
    const challenge = await ask(world, [opt.observe(0)], { ...get, token: 'a' });
    expect([line(challenge), optionValue(challenge, OptionNumber.OBSERVE)]).toEqual(['ACK 4.01', undefined]);
    expect(events).toEqual(['unsent false']);
    await ask(world, [opt.observe(0), echoOf(challenge)], { ...get, token: 'a' });
    expect(events).toEqual(['unsent false', 'sent true']);
    await world.end();
  });

  test('is sent to a POST: it can not be performed twice', async () => {
    const { world } = await guarded(factor, large);
    expect((await ask(world)).code).toBe(Code.CONTENT);
    await world.end();
  });

  test('in blocks is not sent block by block either', async () => {
    const { world, requests } = await guarded(factor, { code: Code.CONTENT, payload: body(1000) });
    await ask(world, [], get);
    const second = [opt.block2(1, false, 4)];
    const challenge = await ask(world, second, get);
    expect(line(challenge)).toBe('ACK 4.01');
    expect(requests).toHaveLength(1);
    expect(block(await ask(world, [...second, echoOf(challenge)], get), BLOCK2)).toBe('1/1/256');
    await world.end();
  });

  test.each(['CON', 'NON'] as const)(
    'is answered in a message that is not repeated: %s, after a while',
    async (type) => {
      let answer: ((reply: CoapReply) => void) | undefined;
      const { world } = await guarded(factor, () => new Promise((resolve) => (answer = resolve)));
      await world.say({ type, code: '0.01' });
      await world.clock.advanceAsync(1000);
      if (type === 'CON') expect(await world.hearLine()).toBe('ACK 0.00');
      answer!(large);
      expect(await world.hearLine()).toBe('NON 4.01');
      await world.clock.advanceAsync(100_000);
      await world.hearNothing();
      await world.end();
    },
  );

  test.each<[string, (world: World) => Promise<unknown>]>([
    [
      'a response',
      async (world) => {
        const pending = world.endpoint.request(world.peer, { method: Code.GET });
        await world.piggyback(await world.hear(), { code: '2.05' });
        await pending;
      },
    ],
    [
      'an ACK',
      async (world) => {
        const pending = world.endpoint.request(world.peer, { method: Code.GET });
        pending.catch(() => undefined);
        await world.say({ type: 'ACK', messageId: (await world.hear()).messageId });
      },
    ],
    [
      'a Reset',
      async (world) => {
        const pending = world.endpoint.request(world.peer, { method: Code.GET });
        pending.catch(() => undefined);
        await world.say({ type: 'RST', messageId: (await world.hear()).messageId });
      },
    ],
  ])('is sent to a peer that has proven its address by %s', async (_name, prove) => {
    const { world } = await guarded(factor, large);
    await world.say({ type: 'ACK', messageId: 1 }); // belongs to nothing: it proves nothing
    expect(line(await ask(world, [], get))).toBe('ACK 4.01');
    await prove(world);
    expect((await ask(world, [], get)).code).toBe(Code.CONTENT);
    await world.end();
  });

  test('without a limit is sent to anybody', async () => {
    const { world } = await guarded({ required: () => false }, large);
    expect((await ask(world, [], get)).code).toBe(Code.CONTENT);
    await world.end();
  });
});

test.each<[string, EchoOptions]>([
  ['no freshness', { freshnessMs: 0 }],
  ['no number for freshness', { freshnessMs: Number.NaN }],
  ['a factor below 1', { amplificationFactor: 0.5 }],
])('%s: RangeError', async (_name, echo) => {
  await expect(guarded(echo)).rejects.toThrow(RangeError);
});

test('an Echo is not looked at where none is asked for', async () => {
  const fresh: boolean[] = [];
  const world = await World.open({
    onRequest: ({ echoFresh }) => {
      fresh.push(echoFresh);
      return { code: Code.CHANGED, payload: bytes('x') };
    },
  });
  await world.say({ type: 'CON', code: '0.02', options: [opt.raw(ECHO, 'whatever')] });
  expect(await world.hearLine()).toBe('ACK 2.04 "x"');
  expect(fresh).toEqual([false]);
  await world.end();
});
