import type { Peer } from '@flownexus/datagram';
import { expect, test } from 'vitest';
import { Code, OptionNumber, type PeerSettings } from '../../src/index.ts';
import { block, body, opt, World } from './world.ts';

const get = { method: Code.GET, path: ['a'] };
const slow: PeerSettings = { parameters: { ackTimeoutMs: 15_000, ackRandomFactor: 1, maxRetransmit: 2 } };
const isDevice = ({ port }: Peer): boolean => port === 40_000;

test('a peer has transmission parameters of its own (RFC 7252 §4.8)', async () => {
  const world = await World.open({
    parameters: { ackRandomFactor: 1 },
    peerSettings: (peer) => (isDevice(peer) ? slow : undefined),
  });
  const request = world.endpoint.request(world.peer, get);
  const outcome = expect(request).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
  await world.clock.advanceAsync(120_000);
  await outcome;
  expect(world.timesToDevice()).toEqual([0, 15_000, 45_000]);

  const other = world.network.peer('10.0.0.3', 1);
  const known = await world.endpoint.connect(other.host, other.port);
  const second = expect(world.endpoint.request(known, get)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
  await world.clock.advanceAsync(120_000);
  await second;
  const sentAt = world.network.log.filter(({ to }) => to.port === other.port).map(({ sentAtMs }) => sentAtMs - 120_000);
  expect(sentAt).toEqual([0, 2000, 6000, 14_000, 30_000]);
  await world.end();
});

test('times follow from the parameters of the peer: what it sent is remembered for its own EXCHANGE_LIFETIME', async () => {
  let handled = 0;
  const world = await World.open({
    onRequest: () => {
      handled += 1;
      return { code: Code.CONTENT };
    },
    // EXCHANGE_LIFETIME = 15 * 3 * 1 + 200 + 15 = 260 s instead of 247 (RFC 7252 §4.8.2).
    peerSettings: () => slow,
  });
  const request = { type: 'CON', code: '0.01', messageId: 7, options: opt.path('a') } as const;
  await world.say(request);
  await world.clock.advanceAsync(259_000);
  await world.say(request);
  expect(handled).toBe(1);
  await world.clock.advanceAsync(520_000);
  await world.say(request);
  expect(handled).toBe(2);
  await world.end();
});

test('a peer gets blocks of its own size, in either role (RFC 7959 §2.4, §2.5)', async () => {
  const world = await World.open({
    onRequest: () => ({ code: Code.CONTENT, payload: body(100) }),
    peerSettings: () => ({ preferredBlockSize: 32 }),
  });
  await world.say({ type: 'CON', code: '0.01', options: opt.path('a') });
  expect(block(await world.hear(), OptionNumber.BLOCK2)).toBe('0/1/32');
  await world.say({
    type: 'CON',
    code: '0.02',
    options: [...opt.path('a'), opt.block1(0, true, 2)],
    payload: body(64),
  });
  expect(block(await world.hear(), OptionNumber.BLOCK1)).toBe('0/1/32');
  const upload = world.endpoint.request(world.peer, { method: Code.PUT, path: ['a'], payload: body(40) });
  const first = await world.hear();
  expect(block(first, OptionNumber.BLOCK1)).toBe('0/1/32');
  await world.piggyback(first, { code: '4.04' });
  await upload;
  await world.end();
});

test('are asked again when more is known of a peer', async () => {
  let settings: PeerSettings | undefined = undefined;
  const world = await World.open({ parameters: { ackRandomFactor: 1 }, peerSettings: () => settings });
  const first = world.endpoint.request(world.peer, get);
  await world.piggyback(await world.hear(), { code: '2.05' });
  await first;
  settings = slow;
  world.endpoint.refreshPeerSettings(world.peer);
  const second = expect(world.endpoint.request(world.peer, get)).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
  await world.clock.advanceAsync(120_000);
  await second;
  expect(world.timesToDevice()).toEqual([0, 0, 15_000, 45_000]);
  await world.end();
});

test.each([
  ['that throw', new Error('no database')],
  ['out of range', new RangeError('preferredBlockSize is 16 to 1024, not 8')],
])('%s are reported, and the peer has those of the endpoint', async (_, problem) => {
  const errors: unknown[] = [];
  const world = await World.open({
    peerSettings: () => {
      if (problem instanceof RangeError) return { preferredBlockSize: 8 };
      throw problem;
    },
    onError: (error, context) => errors.push([context, error]),
    onRequest: () => ({ code: Code.CONTENT }),
  });
  await world.say({ type: 'CON', code: '0.01' });
  expect(await world.hearLine()).toBe('ACK 2.05');
  expect(errors).toEqual([['peerSettings', problem]]);
  await world.end();
});
