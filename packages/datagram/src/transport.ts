import type { Peer } from './peer.ts';

/** Receives what a transport hears. Its methods must not throw. */
export interface DatagramHandler {
  /** One whole datagram from `peer`. The bytes belong to the handler from now on. */
  onDatagram(peer: Peer, datagram: Uint8Array): void;
  /**
   * One whole datagram from `peer` to a group that the transport has joined; answers go to `peer` as always. Without this
   * method such datagrams are dropped.
   */
  onMulticast?(peer: Peer, datagram: Uint8Array): void;
  /** The association with `peer` is gone; with a `reason` when it did not end regularly. */
  onPeerClosed(peer: Peer, reason?: Error): void;
}

/** Carries datagrams to and from peers: UDP, the memory network of tests, or DTLS over another transport. */
export interface DatagramTransport {
  /** The URI scheme that CoAP over this transport has: `coap` or `coaps`. */
  readonly scheme: string;
  /** The largest datagram in bytes that `send` takes. */
  readonly maxDatagramSize: number;
  /** The bound address, once open. */
  readonly localAddress: { readonly host: string; readonly port: number } | undefined;
  /**
   * Starts to listen. Rejects with a `TransportError` when the address can't be bound (`ERR_DATAGRAM_BIND`), or a group not
   * joined (`ERR_DATAGRAM_MULTICAST`).
   */
  open(handler: DatagramHandler): Promise<void>;
  /** Sends and forgets: loss is the business of the engine above. Never throws for a network error. */
  send(peer: Peer, datagram: Uint8Array): void;
  /** Client role: resolves to the peer at an address, or to the peer that stands for a group. */
  connect?(host: string, port: number): Promise<Peer>;
  /**
   * The peer that has `key`, as an earlier process knew it at `host` and `port`: whoever kept these reaches it again, and what
   * comes from it comes from that peer. Undefined when its security context is gone, when the key is not of this transport,
   * and unless the transport is open. Sends nothing.
   */
  recall?(key: string, host: string, port: number): Peer | undefined;
  /** The engine saw an answer that only this peer, at its present address, could give. */
  confirmPath?(peer: Peer): void;
  /** Ends the association: its credentials were revoked or its endpoint removed. */
  disconnect?(peer: Peer, reason: string): void;
  /** Stops listening; no handler call follows. Closing twice is harmless. */
  close(): Promise<void>;
}
