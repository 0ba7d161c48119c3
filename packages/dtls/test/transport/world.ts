import type { Peer } from '@flownexus/datagram';
import {
  DatagramRecorder,
  MemoryNetwork,
  type MemoryTransport,
  seededRandom,
  VirtualClock,
} from '@flownexus/datagram/testing';
import { expect } from 'vitest';
import {
  dtlsTransport,
  type DtlsTransport,
  type DtlsTransportOptions,
  type HandshakeFailure,
} from '../../src/index.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytes = (text: string): Uint8Array => encoder.encode(text);
export const text = (value: Uint8Array | undefined): string | undefined => value && decoder.decode(value);

/** The pre-shared key that `World` gives to every identity. */
export const KEY: Uint8Array = bytes('correct horse battery');

/** Our transport with what it heard and told. */
export interface Party {
  readonly transport: DtlsTransport;
  readonly lower: MemoryTransport;
  readonly heard: DatagramRecorder;
  /** Peers whose association ended, each with the message of the reason. */
  readonly closed: { readonly peer: Peer; readonly reason: string | undefined }[];
  readonly associations: Peer[];
  readonly failures: HandshakeFailure[];
  readonly errors: { readonly error: unknown; readonly context: string }[];
  readonly keyLog: string[];
}

export type PartyOptions = Omit<DtlsTransportOptions, 'transport' | 'clock'>;

/** Parties over one network in memory, on one virtual clock. */
export class World {
  /** In a year in which the certificates of the tests are valid. */
  readonly clock: VirtualClock = new VirtualClock({ wallTime: Date.UTC(2030, 0, 1) });
  readonly network: MemoryNetwork = new MemoryNetwork(this.clock, { latencyMs: 5 });
  #seed = 1;

  /** A transport that is open at an address. */
  async party(host: string, port: number, options: PartyOptions): Promise<Party> {
    const party = this.prepare(host, port, options);
    await this.open(party);
    return party;
  }

  /** A transport that is not open yet. */
  prepare(host: string, port: number, options: PartyOptions): Party {
    const lower = this.network.transport({ host, port });
    const associations: Peer[] = [];
    const failures: HandshakeFailure[] = [];
    const errors: Party['errors'] = [];
    const keyLog: string[] = [];
    const transport = dtlsTransport({
      transport: lower,
      clock: this.clock,
      random: seededRandom((this.#seed += 1)),
      onAssociation: (peer) => associations.push(peer),
      onHandshakeFailed: (failure) => failures.push(failure),
      onError: (error, context) => errors.push({ error, context }),
      unsafeKeyLog: (line) => keyLog.push(line),
      ...options,
    });
    return { transport, lower, heard: new DatagramRecorder(), closed: [], associations, failures, errors, keyLog };
  }

  async open({ transport, heard, closed }: Party): Promise<void> {
    await this.clock.runUntil(
      transport.open({
        onDatagram: (peer, datagram) => {
          heard.onDatagram(peer, datagram);
        },
        onPeerClosed: (peer, reason) => closed.push({ peer, reason: reason?.message }),
      }),
    );
  }

  /** A server with pre-shared keys at 10.0.0.1:5684. */
  async server({ server, ...options }: PartyOptions = {}, host = '10.0.0.1'): Promise<Party> {
    return this.party(host, 5684, { server: { psk: () => KEY, ...server }, ...options });
  }

  /** A client with a pre-shared key. */
  async client(identity: string, host = '10.0.1.1', { client, ...options }: PartyOptions = {}): Promise<Party> {
    return this.party(host, 40_000, { client: { psk: { identity, key: KEY }, ...client }, ...options });
  }

  async connect(client: Party, server: Party, host = '10.0.0.1'): Promise<Peer> {
    const port = server.transport.localAddress?.port ?? 0;
    return this.clock.runUntil(client.transport.connect(host, port));
  }

  /** Lets everything happen that happens within `ms`. */
  async pass(ms = 100): Promise<void> {
    await this.clock.advanceAsync(ms);
  }

  /** Sends a text to the peer, and gives the peer that it came from to the receiver. */
  async say(from: Party, to: Peer, at: Party, message: string): Promise<Peer> {
    const before = at.heard.datagrams.length;
    from.transport.send(to, bytes(message));
    await this.pass();
    const received = at.heard.datagrams.slice(before);
    expect(received.map((datagram) => text(datagram.bytes))).toEqual([message]);
    return received[0]!.peer;
  }
}

/** A server and a client that have said hello to each other. */
export interface Connected {
  readonly world: World;
  readonly server: Party;
  readonly client: Party;
  readonly toServer: Peer;
  /** The client as the server knows it. */
  readonly toClient: Peer;
}

/** A server with these options, and a client `dev1` at 10.0.1.1:40000 that has said hello. */
export async function connected(options: PartyOptions = {}): Promise<Connected> {
  const world = new World();
  const server = await world.server(options);
  const client = await world.client('dev1');
  const toServer = await world.connect(client, server);
  const toClient = await world.say(client, toServer, server, 'hello');
  return { world, server, client, toServer, toClient };
}
