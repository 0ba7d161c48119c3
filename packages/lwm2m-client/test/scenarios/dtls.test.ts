import type { DatagramTransport, Peer } from '@flownexus/datagram';
import { seededRandom, type VirtualClock } from '@flownexus/datagram/testing';
import { dtlsTransport, type DtlsTransport } from '@flownexus/dtls';
import { expect, test } from 'vitest';
import type { Lwm2mClientOptions } from '../../src/client-options.ts';
import type { Lwm2mClient } from '../../src/lwm2m-client.ts';
import { MemoryServer } from './memory-server.ts';

const KEY = new TextEncoder().encode('sixteen byte key');
const REGISTER = 'POST /rd?lwm2m=1.1&ep=device&lt=60&b=U';

class SecuredServer {
  readonly server: MemoryServer;
  /** The latest one is that of the server. */
  readonly transports: DtlsTransport[];
  readonly peers: Peer[];
  readonly troubles: string[] = [];

  private constructor(server: MemoryServer, transports: DtlsTransport[], peers: Peer[]) {
    this.server = server;
    this.transports = transports;
    this.peers = peers;
  }

  static async start(): Promise<SecuredServer> {
    const transports: DtlsTransport[] = [];
    const peers: Peer[] = [];
    const over = (transport: DatagramTransport, clock: VirtualClock): DatagramTransport => {
      const random = seededRandom(transports.length + 10);
      const onAssociation = (peer: Peer): void => void peers.push(peer);
      const created = dtlsTransport({ transport, clock, random, server: { psk: () => KEY }, onAssociation });
      transports.push(created);
      return created;
    };
    return new SecuredServer(await MemoryServer.start(over), transports, peers);
  }

  async client(key: Uint8Array = KEY, options: Partial<Lwm2mClientOptions> = {}): Promise<Lwm2mClient> {
    const { clock, network } = this.server;
    const transport = dtlsTransport({
      transport: network.transport({ host: '10.0.0.2', port: 40_000 }),
      clock,
      random: seededRandom(3),
      client: { psk: { identity: 'id', key } },
    });
    return this.server.client({ transport, onTrouble: ({ message }) => this.troubles.push(message), ...options });
  }
}

test('a client registers and updates over DTLS', async () => {
  const secured = await SecuredServer.start();
  const { server } = secured;
  const client = await secured.client();
  await server.clock.runUntil(client.start());
  expect(server.peer?.identity).toEqual({ kind: 'psk', identity: 'id' });
  await server.clock.runUntil(client.update());
  await server.clock.runUntil(client.stop());
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1', 'DELETE /rd/r1']);
  expect(secured.peers).toHaveLength(1);
  await server.coap.close();
  await server.clock.settle(); // what was on its way
  expect(server.clock.pendingTimers).toBe(0);
});

test('a server that ended the association hears of the client again over a new one', async () => {
  const secured = await SecuredServer.start();
  const { server, transports, peers } = secured;
  const client = await secured.client();
  await server.clock.runUntil(client.start());
  transports.at(-1)?.disconnect(peers[0]!, 'for a test');
  await server.clock.advanceAsync(5_000);
  expect(server.requests).toEqual([REGISTER, 'POST /rd/r1']);
  expect(peers).toHaveLength(2);
  expect(peers[1]?.key).not.toBe(peers[0]?.key);
  expect(secured.troubles).toEqual([]);
});

test('a server that lost its associations and says nothing gets a new one when it has not answered', async () => {
  const secured = await SecuredServer.start();
  const { server } = secured;
  const client = await secured.client();
  await server.clock.runUntil(client.start());
  await server.restart();
  await server.clock.runUntil(client.update());
  expect(secured.troubles).toEqual(['the peer did not acknowledge the request']);
  expect(server.requests).toEqual([REGISTER, REGISTER]);
});

test('a client whose key is refused goes on trying', async () => {
  const secured = await SecuredServer.start();
  const { server } = secured;
  const client = await secured.client(new TextEncoder().encode('some other bytes'));
  const outcome = expect(client.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STOPPED' });
  await server.clock.advanceAsync(130_000);
  expect(secured.troubles.length).toBeGreaterThan(1);
  expect(server.requests).toEqual([]);
  await server.clock.runUntil(client.close());
  await outcome;
});

const QUEUED = `${REGISTER}&Q`;

test.each([
  ['goes on over the association that it has', 'update', 1, [QUEUED, 'POST /rd/r1']],
  ['updates over a new one', 'handshake', 2, [QUEUED, 'POST /rd/r1']],
  ['registers over a new one', 'register', 2, [QUEUED, QUEUED]],
] as const)('a device that wakes up %s', async (_name, onWake, associations, requests) => {
  const secured = await SecuredServer.start();
  const { server, peers } = secured;
  const client = await secured.client(KEY, { queueMode: { awakeTimeMs: 5_000, onWake } });
  await server.clock.runUntil(client.start());
  await server.clock.advanceAsync(10_000);
  expect(client.asleep).toBe(true);
  await server.clock.runUntil(client.wake());
  expect(peers).toHaveLength(associations);
  expect(server.requests).toEqual(requests);
  expect(secured.troubles).toEqual([]);
});

test('a device hears only when it wakes up that its association has ended', async () => {
  const secured = await SecuredServer.start();
  const { server, transports, peers } = secured;
  const client = await secured.client(KEY, { queueMode: { awakeTimeMs: 5_000 } });
  await server.clock.runUntil(client.start());
  await server.clock.advanceAsync(10_000);
  transports.at(-1)?.disconnect(peers[0]!, 'for a test');
  await server.clock.advanceAsync(10_000);
  expect([client.asleep, peers.length]).toEqual([true, 1]);
  await server.clock.runUntil(client.wake());
  expect(peers).toHaveLength(2);
  expect(server.requests).toEqual([QUEUED, 'POST /rd/r1']);
  expect(secured.troubles).toEqual([]);
});

test('a reboot makes a new association, and registers', async () => {
  const secured = await SecuredServer.start();
  const { server, peers } = secured;
  const client = await secured.client();
  await server.clock.runUntil(client.start());
  await server.clock.runUntil(client.reboot());
  await server.clock.advanceAsync(5_000);
  expect(server.requests).toEqual([REGISTER, REGISTER]);
  expect(peers).toHaveLength(2);
  expect(secured.troubles).toEqual([]);
});
