import type { LockStepPeer } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import {
  AllCoapNodes,
  Code,
  encodeMessage,
  OptionNumber,
  type CoapEndpointOptions,
  type CoapMessage,
  type CoapReply,
  type IncomingRequest,
} from '../../src/index.ts';
import { block, body, bytes, line, opt, text, World, type Script } from './world.ts';

const group = { host: AllCoapNodes.IPV4, port: 5683 };

/** Sends to the group and lets everything happen that takes no time. */
async function call(world: World, script: Script, from: LockStepPeer = world.device): Promise<CoapMessage> {
  const message = world.message(script);
  from.send(group, encodeMessage(message));
  await world.clock.settle();
  return message;
}

const request: Script = { type: 'NON', code: '0.01', token: 'tk', options: opt.path('a') };
const content: CoapReply = { code: Code.CONTENT, payload: bytes('here') };

async function open(
  reply: CoapReply | (() => CoapReply | Promise<CoapReply>) = content,
  options: Partial<CoapEndpointOptions> = {},
): Promise<{ world: World; requests: IncomingRequest[] }> {
  const requests: IncomingRequest[] = [];
  const world = await World.open({
    onRequest: (incoming) => {
      requests.push(incoming);
      return typeof reply === 'function' ? reply() : reply;
    },
    ...options,
  });
  return { world, requests };
}

test('a request by a group is answered within the Leisure, Non-confirmable and from our own address (RFC 7252 §8.2)', async () => {
  const { world, requests } = await open();
  const { messageId } = await call(world, request);
  expect(requests[0]).toMatchObject({ multicast: true, confirmable: false, path: ['a'] });
  await world.hearNothing();
  await world.clock.advanceAsync(5000);
  const answer = await world.hear();
  expect(line(answer)).toBe('NON 2.05 "here"');
  expect(text(answer.token)).toBe('tk');
  expect(answer.messageId).not.toBe(messageId);
  expect(world.device.lastSender).toEqual({ host: '10.0.0.1', port: 5683 });
  await world.end();
});

test('a request to the address is none by a group', async () => {
  const { world, requests } = await open();
  await world.say(request);
  expect(await world.hearLine()).toBe('NON 2.05 "here"');
  expect(requests[0]?.multicast).toBe(false);
  await world.end();
});

test('answers are spread over the Leisure, which is a parameter', async () => {
  const { world } = await open(content, { parameters: { leisureMs: 10_000 }, limits: { processingPerPeer: 200 } });
  for (let count = 0; count < 100; count += 1) await call(world, request);
  await world.clock.advanceAsync(10_000);
  const times = world.timesToDevice();
  expect(times).toHaveLength(100);
  const quarters = [0, 1, 2, 3].map((quarter) => times.filter((at) => Math.floor(at / 2500) === quarter).length);
  expect(Math.min(...quarters)).toBeGreaterThan(15);
  await world.end();
});

describe('what is not sent (RFC 7252 §8.2)', () => {
  test.each<[string, CoapReply]>([
    ['4.04', { code: Code.NOT_FOUND }],
    ['4.00 with a diagnostic payload', { code: Code.BAD_REQUEST, payload: bytes('no') }],
    ['5.03', { code: Code.SERVICE_UNAVAILABLE, payload: bytes('later') }],
    ['a success without a payload', { code: Code.CHANGED }],
    ['an empty list (RFC 6690 §4.1)', { code: Code.CONTENT, contentFormat: 40 }],
    ['an empty list with an ETag', { code: Code.CONTENT, options: [opt.etag('x')] }],
  ])('%s', async (_name, reply) => {
    const events: string[] = [];
    const { world } = await open({
      ...reply,
      afterSent: () => events.push('sent'),
      onUnsent: () => events.push('unsent'),
    });
    await call(world, request);
    await world.clock.advanceAsync(10_000);
    await world.hearNothing();
    expect(events).toEqual(['unsent']);
    expect(world.endpoint.statistics).toMatchObject({ requests: 1, suppressed: 1 });
    await world.end();
  });

  test('the errors of a handler', async () => {
    const { world } = await open(() => Promise.reject(new Error('broken')));
    await call(world, request);
    await world.clock.advanceAsync(10_000);
    await world.hearNothing();
    expect(world.endpoint.statistics).toMatchObject({ handlerErrors: 1, suppressed: 1 });
    await world.end();
  });

  test('a reply that can not be', async () => {
    const { world } = await open({ code: Code.GET });
    await call(world, request);
    await world.clock.advanceAsync(10_000);
    await world.hearNothing();
    await world.end();
  });
});

test.each<[string, CoapReply, string]>([
  ['2.03 Valid', { code: Code.VALID, options: [opt.etag('x')] }, 'NON 2.03'],
  ['2.01 Created with a location', { code: Code.CREATED, locationPath: ['b'] }, 'NON 2.01'],
])('%s says something without a payload', async (_name, reply, expected) => {
  const { world } = await open(reply);
  await call(world, request);
  await world.clock.advanceAsync(5000);
  expect(await world.hearLine()).toBe(expected);
  await world.end();
});

describe('what is ignored without a word (RFC 7252 §8.1)', () => {
  test.each<[string, Script]>([
    ['a Confirmable request', { type: 'CON', code: '0.01' }],
    ['a ping', { type: 'CON' }],
    ['an Empty Non-confirmable message', { type: 'NON' }],
    ['a Confirmable response', { type: 'CON', code: '2.05', token: 'nobody' }],
    ['a Non-confirmable response', { type: 'NON', code: '2.05', token: 'nobody' }],
    ['an ACK', { type: 'ACK' }],
    ['a Reset', { type: 'RST' }],
    [
      'a request in blocks (RFC 7959 §2.8)',
      { type: 'NON', code: '0.02', options: [opt.block1(0, true, 0)], payload: body(16) },
    ],
    ['the only block of a request', { type: 'NON', code: '0.02', options: [opt.block1(0, false, 0)], payload: 'x' }],
    ['a request for a further block', { type: 'NON', code: '0.01', options: [opt.block2(1, false, 2)] }],
    ['an unknown critical option', { type: 'NON', code: '0.01', options: [opt.raw(65_001)] }],
  ])('%s', async (_name, script) => {
    const { world, requests } = await open();
    await call(world, script);
    await world.clock.advanceAsync(300_000);
    await world.hearNothing();
    expect(requests).toEqual([]);
    expect(world.endpoint.statistics).toMatchObject({ received: 1, ignored: 1, sent: 0, resetsSent: 0 });
    await world.end();
  });

  test.each([
    ['a format error of a Confirmable message', '4901abcd'],
    ['a reserved class', '40e1abcd'],
    ['nothing at all', ''],
  ])('%s', async (_name, hex) => {
    const { world } = await open();
    world.device.send(group, Buffer.from(hex, 'hex'));
    await world.clock.advanceAsync(10_000);
    await world.hearNothing();
    expect(world.endpoint.statistics).toMatchObject({ formatErrors: 1, sent: 0, resetsSent: 0 });
    await world.end();
  });

  test.each<[string, Script, number]>([
    ['an unknown method', { type: 'NON', code: '0.31' }, 1],
    ['a proxy request', { type: 'NON', code: '0.01', options: [opt.raw(35, 'coap://x')] }, 1],
    ['a malformed block option', { type: 'NON', code: '0.01', options: [opt.raw(23, '\x07')] }, 1],
  ])('%s', async (_name, script, suppressed) => {
    const { world, requests } = await open();
    await call(world, script);
    await world.clock.advanceAsync(10_000);
    await world.hearNothing();
    expect(requests).toEqual([]);
    expect(world.endpoint.statistics).toMatchObject({ suppressed });
    await world.end();
  });
});

test('a duplicate is not processed and not answered again (RFC 7252 §4.5)', async () => {
  const { world, requests } = await open();
  await call(world, { ...request, messageId: 7 });
  await call(world, { ...request, messageId: 7 });
  await world.clock.advanceAsync(5000);
  await call(world, { ...request, messageId: 7 });
  await world.clock.advanceAsync(5000);
  expect(requests).toHaveLength(1);
  expect(await world.hearLine()).toBe('NON 2.05 "here"');
  expect(world.endpoint.statistics.duplicates).toBe(2);
  await world.end();
});

test('there is no observation of a group', async () => {
  const { world, requests } = await open();
  await call(world, { ...request, options: [opt.observe(0), ...opt.path('a')] });
  await world.clock.advanceAsync(5000);
  const [incoming] = requests;
  expect(incoming?.observe).toBeUndefined();
  expect(() => incoming?.acceptObservation()).toThrow(TypeError);
  const answer = await world.hear();
  expect(answer.options.some(({ number }) => number === OptionNumber.OBSERVE)).toBe(false);
  await world.end();
});

test('of a large response the first block is sent, the rest is fetched by unicast (RFC 7959 §2.8)', async () => {
  const { world, requests } = await open({ code: Code.CONTENT, payload: body(150) }, { preferredBlockSize: 64 });
  await call(world, request);
  await world.clock.advanceAsync(5000);
  const first = await world.hear();
  expect([line({ ...first, payload: bytes('') }), block(first, OptionNumber.BLOCK2)]).toEqual(['NON 2.05', '0/1/64']);
  await world.say({ type: 'CON', code: '0.01', options: [...opt.path('a'), opt.block2(1, false, 2)] });
  const second = await world.hear();
  expect(block(second, OptionNumber.BLOCK2)).toBe('1/1/64');
  expect(second.payload).toEqual(body(150).subarray(64, 128));
  expect(requests).toHaveLength(1);
  await world.end();
});

test('a request may ask for the block size', async () => {
  const { world } = await open({ code: Code.CONTENT, payload: body(150) });
  await call(world, { ...request, options: [...opt.path('a'), opt.block2(0, false, 1)] });
  await world.clock.advanceAsync(5000);
  expect(block(await world.hear(), OptionNumber.BLOCK2)).toBe('0/1/32');
  await world.end();
});

test('a slow handler answers within the Leisure after it is done', async () => {
  let answer: (reply: CoapReply) => void = () => undefined;
  const { world } = await open(() => new Promise((resolve) => (answer = resolve)));
  await call(world, request);
  await world.clock.advanceAsync(20_000);
  await world.hearNothing();
  answer(content);
  await world.clock.advanceAsync(5000);
  expect(await world.hearLine()).toBe('NON 2.05 "here"');
  await world.end();
});

describe('bounds', () => {
  test('of responses that wait: one more is not sent', async () => {
    const events: string[] = [];
    const { world } = await open(
      { ...content, onUnsent: () => events.push('unsent') },
      { limits: { delayedResponses: 2 } },
    );
    for (let count = 0; count < 3; count += 1) await call(world, request);
    expect(events).toEqual(['unsent']);
    expect(world.endpoint.usage.delayedResponses).toBe(2);
    await world.clock.advanceAsync(5000);
    expect(world.device.takeAll()).toHaveLength(2);
    expect(world.endpoint.statistics.limits).toBe(1);
    // There is room again.
    await call(world, request);
    await world.clock.advanceAsync(5000);
    expect(await world.hearLine()).toBe('NON 2.05 "here"');
    await world.end();
  });

  test('of peers that nobody knows: they leave places to others', async () => {
    const { world } = await open(content, { limits: { delayedResponses: 4 } });
    await world.say({ type: 'NON', code: '0.01' });
    world.device.takeAll();
    for (let last = 10; last < 14; last += 1) await call(world, request, world.network.peer(`10.0.0.${last}`, 5683));
    expect(world.endpoint.usage.delayedResponses).toBe(2);
    await call(world, request);
    expect(world.endpoint.usage.delayedResponses).toBe(3);
    await world.end();
  });

  test('of one peer', async () => {
    const { world, requests } = await open(content, { limits: { processingPerPeer: 2 } });
    for (let count = 0; count < 3; count += 1) await call(world, request);
    expect(requests).toHaveLength(2);
    await call(world, request, world.network.peer('10.0.0.3', 5683));
    expect(requests).toHaveLength(3);
    await world.clock.advanceAsync(5000);
    await call(world, request);
    expect(requests).toHaveLength(4);
    await world.end();
  });

  test('a peer whose answer waits is not forgotten for another', async () => {
    const { world } = await open(content, { limits: { peers: 1 }, parameters: { leisureMs: 600_000 } });
    const caller = world.network.peer('10.0.0.3', 5683);
    await call(world, request, caller);
    await world.say({ type: 'CON', code: '0.01' });
    expect(world.device.received).toEqual([]);
    await world.clock.advanceAsync(600_000);
    expect(await world.hearLine(caller)).toBe('NON 2.05 "here"');
    await world.end();
  });
});

test('close gives up the responses that wait, and says so', async () => {
  const events: string[] = [];
  const { world } = await open({
    ...content,
    afterSent: () => events.push('sent'),
    onUnsent: () => events.push('unsent'),
  });
  await call(world, request);
  await world.end();
  expect(events).toEqual(['unsent']);
  expect(world.device.received).toEqual([]);
});

test('a peer that is gone before its moment gets no response', async () => {
  const events: string[] = [];
  let lose: () => void = () => undefined;
  const reply = { ...content, onUnsent: () => events.push('unsent') };
  const world = await World.open({ onRequest: () => reply }, (transport) => ({
    scheme: transport.scheme,
    maxDatagramSize: transport.maxDatagramSize,
    localAddress: undefined,
    open: (handler) => {
      lose = (): void => handler.onPeerClosed(world.peer);
      return transport.open(handler);
    },
    send: (peer, datagram) => transport.send(peer, datagram),
    connect: (host, port) => transport.connect(host, port),
    close: () => transport.close(),
  }));
  await call(world, request);
  lose();
  await world.clock.advanceAsync(5000);
  expect(world.device.received).toEqual([]);
  expect(events).toEqual(['unsent']);
  await world.end();
});
