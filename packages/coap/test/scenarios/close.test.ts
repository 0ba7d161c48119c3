import type { DatagramHandler, DatagramTransport, Peer } from '@flownexus/datagram';
import type { MemoryTransport } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { Code, type CoapError, type CoapReply, type RequestHandler } from '../../src/index.ts';
import { establish, notify } from './observer.ts';
import { body, opt, World } from './world.ts';

const get = { method: Code.GET };
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'resolved',
    (error: unknown) => (error as CoapError).code,
  );

/** A world whose transport can lose a peer, and name it otherwise. */
async function losingWorld(
  closed: Peer[] = [],
  onRequest: RequestHandler = () => new Promise<CoapReply>(() => undefined),
): Promise<{
  readonly world: World;
  readonly confirmed: Peer[];
  readonly rename: (peer: Peer) => void;
  readonly lose: () => void;
}> {
  let handler: DatagramHandler | undefined;
  let renamed: Peer | undefined;
  const confirmed: Peer[] = [];
  const wrap = (transport: MemoryTransport): DatagramTransport => ({
    scheme: 'coaps',
    maxDatagramSize: transport.maxDatagramSize,
    get localAddress() {
      return transport.localAddress;
    },
    open: (given) => {
      handler = given;
      return transport.open({
        ...given,
        onDatagram: (peer, datagram) => given.onDatagram(renamed ?? peer, datagram),
      });
    },
    send: (peer, datagram) => transport.send(peer, datagram),
    connect: (host, port) => transport.connect(host, port),
    confirmPath: (peer) => confirmed.push(peer),
    close: () => transport.close(),
  });
  const world = await World.open(
    {
      onPeerClosed: (peer) => {
        closed.push(peer);
      },
      onRequest,
    },
    wrap,
  );
  return {
    world,
    confirmed,
    rename: (peer) => {
      renamed = peer;
    },
    lose: () => handler?.onPeerClosed(world.peer),
  };
}

describe('closing the endpoint', () => {
  test('rejects what is under way, ends observations and leaves no timer', async () => {
    const world = await World.open({ preferredBlockSize: 64, onRequest: () => new Promise(() => undefined) });
    const { observation, seen } = await establish(world);
    const put = { method: Code.PUT, path: ['a'], payload: body(100) };
    const all = [
      world.endpoint.request(world.peer, get, { timeoutMs: 90_000 }),
      world.endpoint.request(world.peer, get),
      world.endpoint.request(world.peer, put),
      world.endpoint.request(world.peer, put),
      world.endpoint.observe(world.peer, get, { onNotification: () => undefined }),
      observation.cancel(),
    ].map(codeOf);
    await world.say({ type: 'CON', code: '0.02', options: [opt.block1(0, true, 2)], payload: body(64) });
    await world.say({ type: 'CON', code: '0.02' });
    await world.say({ type: 'CON', code: '0.02' });
    await world.end();
    expect(await Promise.all(all)).toEqual(Array.from({ length: 6 }, () => 'ERR_COAP_CLOSED'));
    expect(seen.ends).toEqual([{ reason: 'cancelled' }]); // it was being cancelled
    const sent = world.network.log.length;
    await world.clock.advanceAsync(300_000);
    expect(world.network.log).toHaveLength(sent);
  });

  test('twice is harmless, and nothing works after it', async () => {
    const world = await World.open();
    await world.end();
    await world.end();
    expect(await codeOf(world.endpoint.request(world.peer, get))).toBe('ERR_COAP_CLOSED');
    await expect(world.endpoint.open()).rejects.toThrow(TypeError);
  });

  test('before a notification is stored does not acknowledge it', async () => {
    const world = await World.open();
    const { seen, registration } = await establish(world);
    let commit = (): void => undefined;
    seen.handle = () =>
      new Promise((resolve) => {
        commit = resolve;
      });
    await notify(world, registration.token, 6, 'x');
    await world.end();
    commit();
    await world.hearNothing();
  });
});

describe('a peer whose association ended', () => {
  test('has its requests rejected and its observations ended, and is reported', async () => {
    const closed: Peer[] = [];
    const { world, lose } = await losingWorld(closed);
    const { seen } = await establish(world);
    const all = [world.endpoint.request(world.peer, get), world.endpoint.request(world.peer, get)].map(codeOf);
    await world.clock.settle();
    lose();
    expect(await Promise.all(all)).toEqual(['ERR_COAP_PEER_CLOSED', 'ERR_COAP_PEER_CLOSED']);
    expect(seen.ends).toEqual([{ reason: 'peer-closed' }]);
    expect(closed).toEqual([world.peer]);
    world.device.takeAll();
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    await world.end();
  });

  test('gets no further transmission of a separate response', async () => {
    const reply = { code: Code.CONTENT };
    const { world, lose } = await losingWorld(
      [],
      () => new Promise((resolve) => world.clock.schedule(2000, () => resolve(reply))),
    );
    await world.say({ type: 'CON', code: '0.02' });
    await world.clock.advanceAsync(2000);
    expect(world.device.takeAll()).toHaveLength(2); // the Empty ACK and the response
    lose();
    await world.clock.advanceAsync(100_000);
    await world.hearNothing();
    expect(world.endpoint.statistics).toMatchObject({ retransmissions: 0, timeouts: 0 });
    await world.end();
  });

  test('gets no separate response that waits for its turn, which the handler is told', async () => {
    const events: string[] = [];
    const { world, lose } = await losingWorld(
      [],
      ({ path: [name] }) =>
        new Promise((resolve) =>
          world.clock.schedule(2000, () =>
            resolve({
              code: Code.CHANGED,
              afterSent: () => events.push(`${name} sent`),
              onUnsent: () => events.push(`${name} unsent`),
            }),
          ),
        ),
    );
    for (const name of ['a', 'b', 'c']) await world.say({ type: 'CON', code: '0.02', options: opt.path(name) });
    await world.clock.advanceAsync(2000);
    expect(events).toEqual(['a sent']); // NSTART is 1
    lose();
    expect(events).toEqual(['a sent', 'b unsent', 'c unsent']);
    await world.end();
    expect(events).toHaveLength(3);
  });

  test('gets no response from a handler that still runs, which the handler is told', async () => {
    const events: string[] = [];
    const gate = Promise.withResolvers<CoapReply>();
    const { world, lose } = await losingWorld([], () => gate.promise);
    await world.say({ type: 'CON', code: '0.02' });
    lose();
    gate.resolve({ code: Code.CHANGED, onUnsent: () => events.push('unsent') });
    await world.clock.settle();
    expect(events).toEqual(['unsent']);
    await world.end();
  });

  test('begins anew: its Message IDs are not duplicates any more', async () => {
    const { world, lose } = await losingWorld();
    await world.say({ type: 'CON', code: '0.02', messageId: 5 });
    lose();
    await world.say({ type: 'CON', code: '0.02', messageId: 5 });
    expect(world.endpoint.statistics).toMatchObject({ requests: 2, duplicates: 0 });
    await world.end();
  });
});

/** The transport asks (`Peer.pathValidated`), the engine tells when it knows. */
describe('a peer at a new address', () => {
  test('is confirmed by the response to a request that was sent there', async () => {
    const { world, confirmed, rename } = await losingWorld();
    const peer: Peer = { ...world.peer, pathValidated: false };
    const pending = world.endpoint.request(peer, get);
    const request = await world.hear();
    expect(confirmed).toEqual([]);
    rename(peer);
    await world.piggyback(request, { code: '2.05' });
    await pending;
    expect(confirmed).toEqual([peer]);
    await world.end();
  });

  test('is not confirmed by the response to a request that was sent elsewhere', async () => {
    const { world, confirmed, rename } = await losingWorld();
    const pending = world.endpoint.request(world.peer, get);
    const request = await world.hear();
    rename({ ...world.peer, host: '10.9.9.9', pathValidated: false });
    await world.piggyback(request, { code: '2.05' });
    await pending;
    expect(confirmed).toEqual([]);
    await world.end();
  });
});

test('an endpoint is closed at the end of its block', async () => {
  const world = await World.open();
  {
    await using endpoint = world.endpoint;
    expect(endpoint.localAddress).toBeDefined();
  }
  await expect(world.endpoint.request(world.peer, { method: Code.GET })).rejects.toMatchObject({
    code: 'ERR_COAP_CLOSED',
  });
});
