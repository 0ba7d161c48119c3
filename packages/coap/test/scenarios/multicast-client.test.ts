import type { Peer } from '@flownexus/datagram';
import type { LockStepPeer } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import {
  AllCoapNodes,
  Code,
  CoapEndpoint,
  decodeMessage,
  MessageType,
  OptionNumber,
  type CoapEndpointOptions,
  type CoapMessage,
  type CoapRequest,
  type MulticastOptions,
  type MulticastResponse,
} from '../../src/index.ts';
import { block, body, bytes, line, opt, text, World } from './world.ts';

const discovery: CoapRequest = { method: Code.GET, path: ['.well-known', 'core'] };

/** An endpoint, and three scripted members of the group. */
class Group {
  readonly world: World;
  readonly peer: Peer;
  readonly members: readonly LockStepPeer[];

  private constructor(world: World, peer: Peer) {
    this.world = world;
    this.peer = peer;
    this.members = [1, 2, 3].map((last) => world.network.peer(`10.0.1.${last}`, 5683, [AllCoapNodes.IPV4]));
  }

  static async open(options: Partial<CoapEndpointOptions> = {}): Promise<Group> {
    const world = await World.open(options);
    return new Group(world, await world.endpoint.connect(AllCoapNodes.IPV4, 5683));
  }

  member(number: number): LockStepPeer {
    const member = this.members[number - 1];
    if (member === undefined) throw new Error(`there is no member ${number}`);
    return member;
  }

  /** Sends a request, collects what comes, and gives the message as the first member has it. */
  async ask(
    options?: MulticastOptions,
    request: CoapRequest = discovery,
  ): Promise<{ message: CoapMessage; responses: MulticastResponse[]; end: Promise<string> }> {
    const responses: MulticastResponse[] = [];
    const iterator = this.world.endpoint.multicast(this.peer, request, options);
    const end = (async (): Promise<string> => {
      try {
        for await (const response of iterator) responses.push(response);
        return 'end';
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : String(error);
      }
    })();
    await this.world.clock.settle();
    const messages = this.members.map((member) => decodeMessage(member.take()));
    const [message] = messages;
    if (message === undefined) throw new Error('nothing was sent');
    return { message, responses, end };
  }

  async answer(
    number: number,
    { token }: CoapMessage,
    payload: string,
    type: 'NON' | 'CON' = 'NON',
  ): Promise<CoapMessage> {
    return this.world.say({ type, code: '2.05', token, payload }, this.member(number));
  }
}

const lines = (responses: readonly MulticastResponse[]): string[] =>
  responses.map(({ peer, response, complete }) => `${peer.host} ${text(response.payload)}${complete ? '' : ' …'}`);

test('a request to a group is Non-confirmable, and whoever answers is yielded (RFC 7252 §8.1, §8.2)', async () => {
  const group = await Group.open();
  const { message, responses, end } = await group.ask();
  expect(message.type).toBe(MessageType.NON);
  expect(message.token).toHaveLength(8);
  expect(message.messageId).toBeGreaterThanOrEqual(0xff00);
  await group.answer(2, message, 'two');
  await group.world.clock.advanceAsync(3000);
  await group.answer(1, message, 'one');
  await group.world.clock.settle();
  expect(lines(responses)).toEqual(['10.0.1.2 two', '10.0.1.1 one']);
  await group.world.clock.advanceAsync(4999);
  await group.answer(3, message, 'three');
  await group.world.clock.advanceAsync(1);
  expect(await end).toBe('end');
  expect(lines(responses)).toHaveLength(3);
  expect(group.members.map(({ received }) => received.length)).toEqual([0, 0, 0]);
  await group.world.end();
});

test('what comes after the time is over belongs to nobody', async () => {
  const group = await Group.open();
  const { message, responses, end } = await group.ask({ durationMs: 1000 });
  await group.world.clock.advanceAsync(1000);
  expect(await end).toBe('end');
  await group.answer(1, message, 'late');
  expect(responses).toEqual([]);
  expect(await group.world.hearLine(group.member(1))).toBe('RST 0.00');
  expect(group.world.endpoint.statistics.unmatched).toBe(1);
  await group.world.end();
});

test('a member counts once, whether it repeats itself or says something else', async () => {
  const group = await Group.open();
  const { message, responses } = await group.ask();
  const { messageId } = await group.answer(1, message, 'one');
  await group.world.say(
    { type: 'NON', code: '2.05', token: message.token, messageId, payload: 'one' },
    group.member(1),
  );
  await group.answer(1, message, 'other');
  expect(lines(responses)).toEqual(['10.0.1.1 one']);
  expect(group.world.endpoint.statistics).toMatchObject({ duplicates: 1, unmatched: 0, resetsSent: 0 });
  await group.world.end();
});

test('a Confirmable response is acknowledged, its duplicate too', async () => {
  const group = await Group.open();
  const { message, responses } = await group.ask();
  const { messageId } = await group.answer(1, message, 'one', 'CON');
  expect(await group.world.hearLine(group.member(1))).toBe('ACK 0.00');
  await group.world.say(
    { type: 'CON', code: '2.05', token: message.token, messageId, payload: 'one' },
    group.member(1),
  );
  expect(await group.world.hearLine(group.member(1))).toBe('ACK 0.00');
  expect(lines(responses)).toEqual(['10.0.1.1 one']);
  await group.world.end();
});

test('an ACK with the token is no response: nobody had anything to acknowledge', async () => {
  const group = await Group.open();
  const { message, responses } = await group.ask();
  await group.world.say(
    { type: 'ACK', code: '2.05', token: message.token, messageId: message.messageId },
    group.member(1),
  );
  expect(responses).toEqual([]);
  expect(group.world.endpoint.statistics.unmatched).toBe(1);
  await group.world.end();
});

test('a response with an unknown critical option is rejected, and another of the same member counts', async () => {
  const group = await Group.open();
  const { message, responses } = await group.ask();
  await group.world.say({ type: 'NON', code: '2.05', token: message.token, options: [opt.raw(9)] }, group.member(1));
  expect(await group.world.hearLine(group.member(1))).toBe('RST 0.00');
  await group.answer(1, message, 'one');
  expect(lines(responses)).toEqual(['10.0.1.1 one']);
  await group.world.end();
});

test('errors are responses', async () => {
  const group = await Group.open();
  const { message, responses } = await group.ask();
  await group.world.say({ type: 'NON', code: '4.04', token: message.token }, group.member(1));
  expect(responses.map(({ response, complete }) => [response.code, complete])).toEqual([[Code.NOT_FOUND, true]]);
  await group.world.end();
});

test('a token of a group does not count for responses to a request of its own', async () => {
  const group = await Group.open();
  const { message } = await group.ask();
  const own = group.world.endpoint.request(group.world.peer, { method: Code.GET });
  const request = await group.world.hear();
  await group.world.piggyback(request, { code: '2.05', payload: 'own' });
  expect(text((await own).payload)).toBe('own');
  expect(request.token).not.toEqual(message.token);
  await group.world.end();
});

describe('a response in blocks (RFC 7959 §2.8)', () => {
  const whole = body(150);

  async function firstBlock(): Promise<{
    group: Group;
    responses: MulticastResponse[];
    end: Promise<string>;
    asked: CoapMessage;
  }> {
    const group = await Group.open();
    const { message, responses, end } = await group.ask();
    const options = [opt.block2(0, true, 2), opt.etag('e')];
    const { token } = message;
    await group.world.say(
      { type: 'NON', code: '2.05', token, options, payload: whole.subarray(0, 64) },
      group.member(1),
    );
    const asked = await group.world.hear(group.member(1));
    expect([line(asked), block(asked, OptionNumber.BLOCK2)]).toEqual(['CON 0.01', '1/0/64']);
    return { group, responses, end, asked };
  }

  test('is fetched from the member that answered', async () => {
    const { group, responses, asked } = await firstBlock();
    const member = group.member(1);
    const say = (request: CoapMessage, num: number, more: boolean): Promise<CoapMessage> =>
      group.world.say(
        {
          type: 'ACK',
          code: '2.05',
          messageId: request.messageId,
          token: request.token,
          options: [opt.block2(num, more, 2), opt.etag('e')],
          payload: whole.subarray(num * 64, (num + 1) * 64),
        },
        member,
      );
    await say(asked, 1, true);
    await say(await group.world.hear(member), 2, false);
    expect(responses).toHaveLength(1);
    expect(responses[0]).toMatchObject({ complete: true, response: { code: Code.CONTENT, payload: whole } });
    await group.world.end();
  });

  test('the end waits for it', async () => {
    const { group, responses, end, asked } = await firstBlock();
    let ended = false;
    void end.then(() => (ended = true));
    await group.world.say({ type: 'ACK', messageId: asked.messageId }, group.member(1));
    await group.world.clock.advanceAsync(20_000);
    expect(ended).toBe(false);
    const options = [opt.block2(1, false, 2), opt.etag('e')];
    await group.world.say({ type: 'NON', code: '2.05', token: asked.token, options, payload: 'x' }, group.member(1));
    await group.world.clock.settle();
    expect(ended).toBe(true);
    expect(responses[0]?.response.payload).toHaveLength(65);
    await group.world.end();
  });

  test.each<[string, (group: Group, asked: CoapMessage) => Promise<unknown>]>([
    [
      'is refused',
      (group, { messageId, token }) =>
        group.world.say({ type: 'ACK', code: '4.04', messageId, token }, group.member(1)),
    ],
    ['is rejected', (group, { messageId }) => group.world.say({ type: 'RST', messageId }, group.member(1))],
    ['never comes', (group) => group.world.clock.advanceAsync(100_000)],
  ])('the first block alone is yielded when the rest %s', async (_name, fail) => {
    const { group, responses, asked } = await firstBlock();
    await fail(group, asked);
    expect(responses).toHaveLength(1);
    expect(responses[0]).toMatchObject({ complete: false, response: { payload: whole.subarray(0, 64) } });
    await group.world.end();
  });
});

describe('the end', () => {
  test('comes with the last response that is wanted; later ones are ignored without a Reset', async () => {
    const group = await Group.open();
    const { message, responses, end } = await group.ask({ maxResponses: 2 });
    await group.answer(1, message, 'one');
    await group.answer(2, message, 'two');
    expect(await end).toBe('end');
    await group.answer(3, message, 'three');
    expect(lines(responses)).toEqual(['10.0.1.1 one', '10.0.1.2 two']);
    expect(group.members.map(({ received }) => received.length)).toEqual([0, 0, 0]);
    await group.world.end();
  });

  test('comes with an abort', async () => {
    const group = await Group.open();
    const abort = new AbortController();
    const { message, responses, end } = await group.ask({ signal: abort.signal });
    await group.answer(1, message, 'one');
    abort.abort();
    expect(await end).toBe('ERR_COAP_ABORTED');
    await group.answer(2, message, 'two');
    expect(lines(responses)).toEqual(['10.0.1.1 one']);
    await group.world.end();
  });

  test('comes when the loop is left, and what is being fetched is given up', async () => {
    const group = await Group.open();
    const iterator = group.world.endpoint.multicast(group.peer, discovery);
    await group.world.clock.settle();
    const message = decodeMessage(group.member(1).take());
    const { token } = message;
    const options = [opt.block2(0, true, 0)];
    await group.world.say({ type: 'NON', code: '2.05', token, options, payload: body(16) }, group.member(1));
    await group.answer(2, message, 'two');
    for await (const { peer } of iterator) {
      expect(peer.host).toBe('10.0.1.2');
      break;
    }
    const sent = group.world.network.log.length;
    await group.world.clock.advanceAsync(200_000);
    expect(group.world.network.log.length).toBe(sent);
    await group.world.end();
  });

  test('comes with the end of an await using', async () => {
    const group = await Group.open();
    let pending: Promise<IteratorResult<MulticastResponse, undefined>>;
    {
      await using responses = group.world.endpoint.multicast(group.peer, discovery);
      pending = responses.next();
    }
    expect(await pending).toEqual({ done: true, value: undefined });
    await group.world.end();
  });

  test.each<readonly [string, MulticastOptions]>([
    ['the loop was left', {}],
    ['enough responses came', { maxResponses: 1 }],
  ])('leaves late members unrejected for the default duration when %s, and not for hours', async (_how, options) => {
    const group = await Group.open();
    const { endpoint } = group.world;
    const held = (): readonly number[] => [endpoint.usage.multicastRequests, endpoint.statistics.resetsSent];
    const iterator = endpoint.multicast(group.peer, discovery, { durationMs: 3_600_000, ...options });
    await group.world.clock.settle();
    const message = decodeMessage(group.member(1).take());
    await group.answer(1, message, 'one');
    const first = await iterator.next();
    expect(first.done).toBe(false);
    if (options.maxResponses === undefined) await iterator.return();
    await group.world.clock.advanceAsync(7_999);
    await group.answer(2, message, 'two');
    expect(held()).toEqual([1, 0]);
    await group.world.clock.advanceAsync(1);
    await group.answer(3, message, 'three');
    expect(held()).toEqual([0, 1]);
    await group.world.end();
  });

  test('comes when the endpoint closes', async () => {
    const group = await Group.open();
    const { end } = await group.ask();
    await group.world.end();
    expect(await end).toBe('ERR_COAP_CLOSED');
  });
});

describe('a request that can not be sent', () => {
  test.each<[string, CoapRequest, MulticastOptions, string | RegExp]>([
    ['Confirmable', { ...discovery, confirmable: true }, {}, /Non-confirmable/],
    ['a GET with an ETag (RFC 7252 §8.2.1)', { ...discovery, etags: [bytes('x')] }, {}, /ETag/],
    ['no method', { method: Code.CONTENT }, {}, /not a method/],
    ['a duration of nothing', discovery, { durationMs: 0 }, /^durationMs is 1 to/],
    ['a duration without end', discovery, { durationMs: Infinity }, /^durationMs is 1 to/],
    ['no responses', discovery, { maxResponses: 0 }, /^maxResponses is 1 to/],
    ['larger than a datagram', { ...discovery, payload: new Uint8Array(65_507) }, {}, /too large for the transport/],
    ['aborted before', discovery, { signal: AbortSignal.abort() }, /aborted/],
  ])('%s: the iterator says so, and nothing is sent', async (_name, request, options, message) => {
    const group = await Group.open();
    await expect(group.world.endpoint.multicast(group.peer, request, options).next()).rejects.toThrow(message);
    expect(group.world.network.log).toEqual([]);
    await group.world.end();
  });

  test('before open', async () => {
    const group = await Group.open();
    const { network, clock } = group.world;
    const closed = new CoapEndpoint({ transport: network.transport({ host: '10.0.0.9' }), clock });
    await expect(closed.multicast(group.peer, discovery).next()).rejects.toMatchObject({ code: 'ERR_COAP_CLOSED' });
    await group.world.end();
  });

  test('while too many others are under way', async () => {
    const group = await Group.open({ limits: { multicastRequests: 1 } });
    const { end } = await group.ask({ durationMs: 1000 });
    expect(group.world.endpoint.usage.multicastRequests).toBe(1);
    const second = group.world.endpoint.multicast(group.peer, discovery);
    await expect(second.next()).rejects.toMatchObject({ code: 'ERR_COAP_LIMIT' });
    await group.world.clock.advanceAsync(1000);
    expect(await end).toBe('end');
    await group.ask();
    await group.world.end();
  });
});

test('a member that wants to know first where we are is asked again, alone (RFC 9175 §2.3)', async () => {
  const { world, peer } = await Group.open();
  const handled: boolean[] = [];
  const server = new CoapEndpoint({
    transport: world.network.transport({ host: '10.0.2.1', port: 5683, groups: [AllCoapNodes.IPV4] }),
    clock: world.clock,
    echo: { amplificationFactor: 3 },
    onRequest: ({ multicast }) => {
      handled.push(multicast);
      return { code: Code.CONTENT, payload: body(400) };
    },
  });
  await server.open();
  const found = world.endpoint.multicast(peer, discovery);
  const first = await world.clock.runUntil(found.next());
  expect(first.value).toMatchObject({ complete: true, response: { code: Code.CONTENT, payload: body(400) } });
  await expect(world.clock.runUntil(found.next())).resolves.toMatchObject({ done: true });
  expect(handled[0]).toBe(true);
  expect(handled.slice(1)).not.toContain(true);
  await server.close();
  await world.end();
});

test('two of our endpoints: a client finds the servers of a group', async () => {
  const { world, peer } = await Group.open();
  const servers = [1, 2, 3].map(
    (last) =>
      new CoapEndpoint({
        transport: world.network.transport({ host: `10.0.2.${last}`, port: 5683, groups: [AllCoapNodes.IPV4] }),
        clock: world.clock,
        preferredBlockSize: 32,
        onRequest: ({ path }) =>
          last === 3 || path.join('/') !== '.well-known/core'
            ? { code: Code.NOT_FOUND }
            : { code: Code.CONTENT, contentFormat: 40, payload: bytes(`</sensors/${'x'.repeat(50)}>;ct=${last}`) },
      }),
  );
  for (const server of servers) await server.open();
  const found: string[] = [];
  const iterator = world.endpoint.multicast(peer, discovery);
  const collected = (async (): Promise<void> => {
    for await (const { peer: from, response, complete } of iterator) {
      found.push(`${from.host} ${complete} ${text(response.payload).slice(-5)}`);
    }
  })();
  await world.clock.runUntil(collected);
  expect(found.sort()).toEqual(['10.0.2.1 true ;ct=1', '10.0.2.2 true ;ct=2']);
  for (const server of servers) await server.close();
  await world.end();
});
