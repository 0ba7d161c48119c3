import { Code, CoapEndpoint, type CoapReply, type EchoOptions, type IncomingRequest } from '@flownexus/coap';
import type { Peer } from '@flownexus/datagram';
import { MemoryNetwork, type MemoryTransport, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { dtlsTransport, type DtlsTransport, type DtlsTransportOptions } from '@flownexus/dtls';
import { describe, expect, test } from 'vitest';

const KEY = new TextEncoder().encode('correct horse battery');

interface Setup {
  readonly reply: CoapReply | (() => Promise<CoapReply>);
  readonly echo?: EchoOptions;
  readonly options?: Partial<DtlsTransportOptions>;
}

interface Party {
  readonly lower: MemoryTransport;
  readonly transport: DtlsTransport;
  readonly endpoint: CoapEndpoint;
}

/** A CoAP server and a device, each over DTLS. */
class World {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock, { latencyMs: 5 });
  readonly server: Party;
  readonly device: Party;
  /** Who has asked the server, in order. */
  readonly requests: IncomingRequest[] = [];
  readonly closed: Peer[] = [];

  constructor(setup: Setup) {
    this.server = this.#party('10.0.0.1', 5684, { server: { psk: () => KEY }, ...setup.options }, setup);
    this.device = this.#party('10.0.1.1', 40_000, { client: { psk: { identity: 'dev1', key: KEY } } }, setup);
  }

  static async open(setup: Setup): Promise<{ world: World; toServer: Peer }> {
    const world = new World(setup);
    await Promise.all([world.server.endpoint.open(), world.device.endpoint.open()]);
    return { world, toServer: await world.clock.runUntil(world.device.transport.connect('10.0.0.1', 5684)) };
  }

  /** The device asks. Gives the code and length of the answer. */
  async ask(toServer: Peer): Promise<[number, number]> {
    const response = await this.clock.runUntil(
      this.device.endpoint.request(toServer, { method: Code.GET, path: ['a'] }),
    );
    return [response.code, response.payload.length];
  }

  #party(host: string, port: number, options: Omit<DtlsTransportOptions, 'transport'>, setup: Setup): Party {
    const { clock } = this;
    const lower = this.network.transport({ host, port });
    const transport = dtlsTransport({ transport: lower, clock, random: seededRandom(port), ...options });
    const endpoint = new CoapEndpoint({
      transport,
      clock,
      random: seededRandom(port + 1),
      echo: setup.echo ?? { amplificationFactor: 3 },
      onRequest: (request) => {
        if (host === '10.0.0.1') this.requests.push(request);
        return typeof setup.reply === 'function' ? setup.reply() : setup.reply;
      },
      onPeerClosed: (peer) => this.closed.push(peer),
    });
    return { lower, transport, endpoint };
  }
}

const long = { code: Code.CONTENT, payload: new Uint8Array(400) };
const short = { code: Code.CONTENT, payload: new Uint8Array(4) };

describe('CoAP over DTLS', () => {
  test('knows the device by its key, and asks and answers both ways', async () => {
    const { world, toServer } = await World.open({ reply: long });
    expect(await world.ask(toServer)).toEqual([Code.CONTENT, 400]);
    const [request] = world.requests;
    expect(request?.peer.identity).toEqual({ kind: 'psk', identity: 'dev1' });
    const answer = world.server.endpoint.request(request!.peer, { method: Code.GET, path: ['b'] });
    expect((await world.clock.runUntil(answer)).payload).toHaveLength(400);
  });

  test.each(['newest', 'proven'] as const)(
    'has a device that has moved prove by Echo where it is, before it gets much (addressUpdate %s)',
    async (addressUpdate) => {
      const { world, toServer } = await World.open({ reply: long, options: { addressUpdate } });
      await world.ask(toServer);
      const { peer } = world.requests[0]!;
      world.device.lower.rebind('10.9.9.9', 7777);
      const before = world.network.log.length;
      expect(await world.ask(toServer)).toEqual([Code.CONTENT, 400]);
      expect(peer).toMatchObject({ host: '10.9.9.9', port: 7777, pathValidated: true });
      const sent = world.network.log.slice(before).filter(({ from }) => from.host === '10.0.0.1');
      expect(sent.every(({ to }) => to.host === '10.9.9.9')).toBe(true);
      // The challenge, and then the answer.
      expect(sent.map(({ bytes }) => bytes.length > 300)).toEqual([false, true]);
      expect(world.server.transport.statistics).toMatchObject({ addressChanges: 1, sendsRefused: 0 });
    },
  );

  test('with addressUpdate `proven` and a slow handler asks for the Echo before it is called', async () => {
    const { world, toServer } = await World.open({
      reply: () => Promise.resolve(long),
      echo: { required: ({ peer }) => !peer.pathValidated },
      options: { addressUpdate: 'proven' },
    });
    await world.ask(toServer);
    const { peer } = world.requests[0]!;
    world.device.lower.rebind('10.9.9.9', 7777);
    expect(await world.ask(toServer)).toEqual([Code.CONTENT, 400]);
    expect(peer).toMatchObject({ host: '10.9.9.9', port: 7777, pathValidated: true });
    expect(world.requests).toHaveLength(2);
  });

  test('takes the acknowledgement of what it sent to the new address for a proof', async () => {
    const { world, toServer } = await World.open({ reply: short });
    await world.ask(toServer);
    const { peer } = world.requests[0]!;
    world.device.lower.rebind('10.9.9.9', 7777);
    await world.ask(toServer);
    expect(peer.pathValidated).toBe(false);
    await world.clock.runUntil(world.server.endpoint.request(peer, { method: Code.GET, path: ['b'] }));
    expect(peer.pathValidated).toBe(true);
  });

  test('hears that a device has ended its association', async () => {
    const { world, toServer } = await World.open({ reply: short });
    await world.ask(toServer);
    const { peer } = world.requests[0]!;
    const pending = world.server.endpoint.request(peer, { method: Code.GET, path: ['b'] });
    world.device.transport.disconnect(toServer, 'bye');
    await expect(world.clock.runUntil(pending)).rejects.toMatchObject({ code: 'ERR_COAP_PEER_CLOSED' });
    expect(world.closed).toContain(peer);
  });
});
