import type { Address } from '../address.ts';
import { DatagramLimits } from '../limits.ts';
import type { NetworkLink, NetworkReceiver } from './network-link.ts';

/** A party on a `MemoryNetwork` that does only what a test tells it, byte for byte. Made by `MemoryNetwork.peer`. */
export class LockStepPeer implements Address {
  /** What arrived and was not taken, the oldest first. */
  readonly received: Uint8Array[] = [];
  readonly #network: NetworkLink;
  readonly #groups: readonly string[];
  #address: Address;
  #lastSender: Address | undefined;

  constructor(network: NetworkLink, host: string, port: number, groups: readonly string[] = []) {
    this.#network = network;
    this.#groups = groups;
    this.#address = this.#bind(host, port);
  }

  get host(): string {
    return this.#address.host;
  }

  get port(): number {
    return this.#address.port;
  }

  /** Where the latest datagram came from. */
  get lastSender(): Address | undefined {
    return this.#lastSender;
  }

  /** Sends a copy of `bytes` to an address, a `Peer` or a transport's `localAddress`. */
  send(to: Address | undefined, bytes: Uint8Array): void {
    if (to === undefined) throw new TypeError('there is no address to send to: is the transport open?');
    this.#network.send(this.#address, to, bytes);
  }

  /** Takes the oldest datagram out of `received`. Throws when nothing has arrived. */
  take(): Uint8Array {
    const oldest = this.received.shift();
    if (oldest === undefined) throw new Error(`nothing has arrived at ${this.host} port ${this.port}`);
    return oldest;
  }

  /** Takes all that has arrived. */
  takeAll(): Uint8Array[] {
    return this.received.splice(0);
  }

  /** Moves to another address, as when a NAT forgets its mapping. */
  rebind(host: string, port: number): void {
    const previous = this.#address;
    this.#address = this.#bind(host, port);
    this.#unbind(previous);
  }

  /** Leaves the network. */
  close(): void {
    this.#unbind(this.#address);
  }

  #bind(host: string, port: number): Address {
    const receiver: NetworkReceiver = (from, bytes) => {
      this.#lastSender = from;
      if (this.received.length < DatagramLimits.maxLockStepReceived) this.received.push(bytes);
    };
    const address = this.#network.bind(host, port, receiver);
    for (const group of this.#groups) this.#network.join({ host: group, port: address.port }, address, receiver);
    return address;
  }

  #unbind(address: Address): void {
    this.#network.unbind(address);
    for (const group of this.#groups) this.#network.leave({ host: group, port: address.port }, address);
  }
}
