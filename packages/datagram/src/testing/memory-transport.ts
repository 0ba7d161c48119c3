import type { Address } from '../address.ts';
import { checkPort } from '../address.ts';
import { alreadyOpenError, notOpenError } from '../errors.ts';
import { DatagramLimits } from '../limits.ts';
import { PeerTable } from '../peer-table.ts';
import type { Peer } from '../peer.ts';
import type { DatagramHandler, DatagramTransport } from '../transport.ts';
import type { NetworkLink } from './network-link.ts';

/** Where a memory transport is. */
export interface MemoryTransportOptions {
  readonly host: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default `coap`. */
  readonly scheme?: string;
  readonly maxDatagramSize?: number;
  /** Hosts of groups to join when it is opened, at the transport's own port. Default: none. */
  readonly groups?: readonly string[];
}

/**
 * A transport on a `MemoryNetwork`. What its handler throws comes out of the clock's `advance`, so that a test sees it.
 * Made by `MemoryNetwork.transport`.
 */
export class MemoryTransport implements DatagramTransport {
  readonly scheme: string;
  readonly maxDatagramSize: number;
  readonly #network: NetworkLink;
  readonly #peers: PeerTable;
  readonly #groups: readonly string[];
  #wanted: Address;
  #local: Address | undefined;
  #handler: DatagramHandler | undefined;
  #closed = false;

  constructor(network: NetworkLink, options: MemoryTransportOptions) {
    this.#network = network;
    this.#wanted = { host: options.host, port: options.port ?? 0 };
    this.#groups = options.groups ?? [];
    this.scheme = options.scheme ?? 'coap';
    this.maxDatagramSize = options.maxDatagramSize ?? DatagramLimits.maxDatagramSize;
    this.#peers = new PeerTable({ scheme: this.scheme });
  }

  get localAddress(): Address | undefined {
    return this.#local;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the seam is asynchronous, memory is not
  async open(handler: DatagramHandler): Promise<void> {
    if (this.#closed) throw notOpenError(true);
    if (this.#handler !== undefined) throw alreadyOpenError(this.#local);
    this.#local = this.#bind(this.#wanted);
    this.#handler = handler;
  }

  send(peer: Peer, datagram: Uint8Array): void {
    if (this.#local === undefined || datagram.length > this.maxDatagramSize) return;
    this.#network.send(this.#local, peer, datagram);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the seam is asynchronous, memory is not
  async connect(host: string, port: number): Promise<Peer> {
    checkPort(port, 1);
    if (this.#local === undefined) throw notOpenError(this.#closed);
    return this.#peers.get(host, port);
  }

  recall(key: string, host: string, port: number): Peer | undefined {
    return this.#local === undefined ? undefined : this.#peers.recall(key, host, port);
  }

  /**
   * Moves to another address, as when a NAT forgets its mapping: from now on others see the new one, and what is sent to the
   * old one is lost. Throws a `TransportError` (`ERR_DATAGRAM_BIND`) when it is taken.
   */
  rebind(host: string, port: number): void {
    const next = { host, port };
    if (this.#local === undefined) {
      this.#wanted = next;
      return;
    }
    const previous = this.#local;
    this.#local = this.#bind(next);
    this.#unbind(previous);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the seam is asynchronous, memory is not
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#local !== undefined) this.#unbind(this.#local);
    this.#local = undefined;
    this.#handler = undefined;
  }

  #bind(wanted: Address): Address {
    const address = this.#network.bind(wanted.host, wanted.port, (from, bytes) => {
      this.#handler?.onDatagram(this.#peers.get(from.host, from.port), bytes);
    });
    for (const host of this.#groups) {
      this.#network.join({ host, port: address.port }, address, (from, bytes) => {
        this.#handler?.onMulticast?.(this.#peers.get(from.host, from.port), bytes);
      });
    }
    return address;
  }

  #unbind(address: Address): void {
    this.#network.unbind(address);
    for (const host of this.#groups) this.#network.leave({ host, port: address.port }, address);
  }
}
