import assert from 'node:assert/strict';
import { TransportError } from '../errors.ts';
import type { TransportErrorCode } from '../errors.ts';
import type { Peer } from '../peer.ts';
import type { DatagramTransport } from '../transport.ts';
import { DatagramRecorder } from './datagram-recorder.ts';

/** The transports under test, and how their world moves. */
export interface TransportContractFixture {
  /** A new transport, not open, at `port` or at any free one when that is 0. */
  listen(port: number): DatagramTransport;
  /** A new transport, not open, that can `connect`. Each one is another party. */
  client(): DatagramTransport;
  /** The host at which clients reach what `listen` gives. */
  readonly host: string;
  /** Makes the world go on until `work` settles, and settles like it: `VirtualClock.runUntil`, or just `work` for real sockets. */
  drive<T>(work: Promise<T>): Promise<T>;
}

/** One rule that each transport keeps. Rejects when it doesn't. */
export interface ContractCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Rules by their names. */
export type ContractRules<Fixture extends TransportContractFixture = TransportContractFixture> = Readonly<
  Record<string, (stage: Stage<Fixture>) => Promise<void>>
>;

/** Each rule as a case on a stage of its own. */
export function contractCases<Fixture extends TransportContractFixture>(
  setup: () => Fixture | Promise<Fixture>,
  rules: ContractRules<Fixture>,
): readonly ContractCase[] {
  return Object.entries(rules).map(([name, rule]) => ({
    name,
    run: async () => {
      const stage = new Stage(await setup());
      try {
        await rule(stage);
      } finally {
        await stage.close();
      }
    },
  }));
}

/** A transport with all that it has heard. */
export interface Party {
  readonly transport: DatagramTransport;
  readonly heard: DatagramRecorder;
}

/** Opens the transports of one case and closes them when it ends. */
export class Stage<Fixture extends TransportContractFixture = TransportContractFixture> {
  readonly fixture: Fixture;
  readonly #transports: DatagramTransport[] = [];

  constructor(fixture: Fixture) {
    this.fixture = fixture;
  }

  listening(port = 0): DatagramTransport {
    return this.#keep(this.fixture.listen(port));
  }

  client(): DatagramTransport {
    return this.#keep(this.fixture.client());
  }

  async opened(transport: DatagramTransport): Promise<Party> {
    const heard = new DatagramRecorder();
    await this.drive(transport.open(heard));
    return { transport, heard };
  }

  /** A server and a client, both open, and the server as the client's peer. */
  async pair(): Promise<{ server: Party; client: Party; toServer: Peer }> {
    const server = await this.opened(this.listening());
    const client = await this.opened(this.client());
    return { server, client, toServer: await this.connect(client, server) };
  }

  /** The server as a peer of the client, or `host` at its port. */
  async connect(client: Party, server: Party, host: string = this.fixture.host): Promise<Peer> {
    assert.ok(client.transport.connect !== undefined, 'the fixture gives clients that can connect');
    assert.ok(server.transport.localAddress !== undefined, 'an open transport knows its address');
    return this.drive(client.transport.connect(host, server.transport.localAddress.port));
  }

  drive<T>(work: Promise<T>): Promise<T> {
    return this.fixture.drive(work);
  }

  /** Waits until `party` has heard `count` datagrams in all. */
  async until(party: Party, count: number): Promise<void> {
    await this.drive(party.heard.count(count));
  }

  /** Sends `marker` and waits for one more datagram, which on a line that keeps the order shows that nothing came before it. */
  async marked(from: Party, peer: Peer, to: Party): Promise<void> {
    const before = to.heard.datagrams.length;
    from.transport.send(peer, marker);
    await this.until(to, before + 1);
  }

  async close(): Promise<void> {
    for (const transport of this.#transports) await this.drive(transport.close());
  }

  #keep(transport: DatagramTransport): DatagramTransport {
    this.#transports.push(transport);
    return transport;
  }
}

export const marker: Uint8Array = Uint8Array.of(0xaa, 0x55);

/** The `TransportError` with `code` that `work` must reject with. */
export async function rejectsWith(code: TransportErrorCode, work: Promise<unknown>): Promise<TransportError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransportError, `expected a TransportError with ${code}`);
  assert.equal(error.code, code);
  return error;
}

export function portOf(transport: DatagramTransport): number | undefined {
  return transport.localAddress?.port;
}

/** Bytes that differ from place to place. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 0xff);
}

/** The same bytes as a plain Uint8Array, for comparison. */
export function plain(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : Uint8Array.from(bytes);
}
