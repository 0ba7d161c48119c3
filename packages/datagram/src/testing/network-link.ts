import type { Address } from '../address.ts';

/** Called with a copy of its own for each datagram that arrives. */
export type NetworkReceiver = (from: Address, bytes: Uint8Array) => void;

/** What a party needs of a network: addresses, and a way to send. */
export interface NetworkLink {
  /**
   * Gives the datagrams that arrive at an address to `receiver`, and returns the address: port 0 becomes a free one.
   * Throws a `TransportError` (`ERR_DATAGRAM_BIND`) when the address is taken.
   */
  bind(host: string, port: number, receiver: NetworkReceiver): Address;
  /** Frees an address: datagrams on their way to it are lost. */
  unbind(address: Address): void;
  /** From now on `receiver` also gets what is sent to `group`, as the party at the address `member`. */
  join(group: Address, member: Address, receiver: NetworkReceiver): void;
  /** Ends what `join` with the same addresses began. */
  leave(group: Address, member: Address): void;
  /**
   * Sends a copy of `bytes`, to a group one to each member, the sender among them when it is one. They never arrive before
   * this returns; at an address that nobody has they are lost.
   */
  send(from: Address, to: Address, bytes: Uint8Array): void;
}
