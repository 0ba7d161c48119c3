import type { RemoteInfo, Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import type { Address } from './address.ts';
import { checkPort } from './address.ts';
import { alreadyOpenError, bindError, notOpenError, systemErrorCode, TransportError } from './errors.ts';
import { DatagramLimits } from './limits.ts';
import { PeerTable } from './peer-table.ts';
import type { Peer } from './peer.ts';
import type { DatagramHandler, DatagramTransport } from './transport.ts';
import { TurnBatch } from './turn-batch.ts';
import { canonicalAddress, mapAddress, reaches, resolveName, unmapAddress } from './udp-address.ts';
import { checkMulticast, joinGroups, sharesPort, type UdpMulticastOptions } from './udp-multicast.ts';
import { bindSharedSocket, bindSocket, closeSocket, type Reach } from './udp-socket.ts';

/** Where a UDP transport listens, and how. */
export interface UdpTransportOptions {
  /** An IP address or a name. Default: all addresses of the machine, IPv6 and IPv4, or IPv4 alone where there is no IPv6. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Larger datagrams are not sent. Default and most: 65507 bytes. */
  readonly maxDatagramSize?: number;
  /** The size in bytes of the receive buffer of the socket; the operating system may give less. Default: its own. */
  readonly receiveBufferSize?: number;
  /** The URI scheme that peers' keys begin with. Default `coap`. */
  readonly scheme?: string;
  /** Groups to join (IP multicast), and how to send to groups. Default: none. */
  readonly multicast?: UdpMulticastOptions;
  /** Gets the errors that are counted in the statistics: of the socket, of sending, and what the handler throws. Must not throw. */
  readonly onError?: (error: unknown) => void;
}

/** What a UDP transport has counted since it was made. */
export interface UdpStatistics {
  /** Datagrams given to the handler, without those to groups. */
  readonly received: number;
  /** Datagrams to groups given to the handler. */
  readonly multicastReceived: number;
  /** Datagrams to groups that were dropped: the handler takes none. */
  readonly multicastIgnored: number;
  /** Datagrams that the operating system took. */
  readonly sent: number;
  /** Datagrams that could not be sent: no route, a full queue, the transport not open. */
  readonly sendErrors: number;
  /** Datagrams that were not sent because they were larger than `maxDatagramSize`. */
  readonly oversized: number;
  /** Errors that the open sockets reported. */
  readonly socketErrors: number;
  /** Datagrams whose handler threw. */
  readonly handlerErrors: number;
  /** Datagrams from port 0, which nobody can answer (RFC 768); they are ignored. */
  readonly unanswerable: number;
}

/** A transport over one UDP socket, and one more for each group that it joins. Made by `udpTransport`. */
export interface UdpTransport extends DatagramTransport {
  readonly statistics: UdpStatistics;
  /**
   * Resolves to the peer at an IP address or name. Rejects with a `TransportError`: `ERR_DATAGRAM_RESOLVE` when the name has no
   * address that this socket reaches, `ERR_DATAGRAM_CLOSED` when the transport isn't open.
   */
  connect(host: string, port: number): Promise<Peer>;
  /** The peer at an IP address that this socket reaches, when `key` is what it is called: plain UDP has no other context. */
  recall(key: string, host: string, port: number): Peer | undefined;
}

/**
 * A transport over UDP. Datagrams leave when the present turn of the event loop ends, in the order in which they were sent.
 *
 * @example
 * const transport = udpTransport({ port: 5683 });
 * await transport.open({
 *   onDatagram: (peer, datagram) => transport.send(peer, datagram),
 *   onPeerClosed: () => {},
 * });
 */
export function udpTransport(options: UdpTransportOptions = {}): UdpTransport {
  return new UdpSocketTransport(options);
}

type State = 'new' | 'opening' | 'open' | 'closed';

interface Outgoing {
  readonly peer: Peer;
  readonly bytes: Buffer;
}

class UdpSocketTransport implements UdpTransport {
  readonly scheme: string;
  readonly maxDatagramSize: number;
  readonly statistics = {
    received: 0,
    multicastReceived: 0,
    multicastIgnored: 0,
    sent: 0,
    sendErrors: 0,
    oversized: 0,
    socketErrors: 0,
    handlerErrors: 0,
    unanswerable: 0,
  };
  readonly #options: UdpTransportOptions;
  readonly #peers: PeerTable;
  #state: State = 'new';
  #socket: Socket | undefined;
  #groups: readonly Socket[] = [];
  #reach: Reach = 'ipv4';
  #handler: DatagramHandler | undefined;
  #localAddress: Address | undefined;
  #pendingSends = 0;
  /** Answers to what arrived together leave together: waking the receiver for each would cost as much as all the rest. */
  readonly #outbox = new TurnBatch<Outgoing>(DatagramLimits.maxSendBatch, (datagram) => this.#transmit(datagram));
  #opening: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #onDrained: (() => void) | undefined;

  constructor(options: UdpTransportOptions) {
    checkPort(options.port ?? 0, 0);
    const size = options.maxDatagramSize ?? DatagramLimits.maxDatagramSize;
    if (!Number.isInteger(size) || size < 1 || size > DatagramLimits.maxDatagramSize) {
      throw new RangeError(
        `maxDatagramSize must be a whole number from 1 to ${DatagramLimits.maxDatagramSize}, is ${size}`,
      );
    }
    if (options.multicast !== undefined) checkMulticast(options.multicast);
    this.#options = options;
    this.maxDatagramSize = size;
    this.scheme = options.scheme ?? 'coap';
    this.#peers = new PeerTable({ scheme: this.scheme, hostOf: unmapAddress });
  }

  get localAddress(): Address | undefined {
    return this.#localAddress;
  }

  async open(handler: DatagramHandler): Promise<void> {
    if (this.#state === 'closed') throw notOpenError(true);
    if (this.#state !== 'new') throw alreadyOpenError(this.#localAddress);
    this.#state = 'opening';
    this.#handler = handler;
    const opening = this.#bind();
    // For close(), which only waits; the failure goes to whoever opens.
    this.#opening = opening.catch(() => {});
    await opening;
  }

  send(peer: Peer, datagram: Uint8Array): void {
    if (datagram.length > this.maxDatagramSize) {
      this.statistics.oversized += 1;
      return;
    }
    if (this.#state !== 'open' || this.#socket === undefined || this.#pendingSends >= DatagramLimits.maxPendingSends) {
      this.statistics.sendErrors += 1;
      return;
    }
    this.#pendingSends += 1;
    // A copy: the socket reads the bytes later, and the caller may have changed them by then.
    this.#outbox.add({ peer, bytes: Buffer.from(datagram) });
  }

  async connect(host: string, port: number): Promise<Peer> {
    checkPort(port, 1);
    if (this.#state !== 'open') throw notOpenError(this.#state === 'closed');
    const address = canonicalAddress(host) ?? canonicalAddress(await resolveName(host, this.#reach)) ?? host;
    return this.#peers.get(this.#wireHost(address), port);
  }

  recall(key: string, host: string, port: number): Peer | undefined {
    const address = canonicalAddress(host);
    if (this.#state !== 'open' || address === undefined || !reaches(this.#reach, address)) return undefined;
    return this.#peers.recall(key, this.#wireHost(address), port);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** An address as the socket has it. */
  #wireHost(address: string): string {
    return this.#reach === 'dual' ? mapAddress(address) : address;
  }

  #transmit({ peer, bytes }: Outgoing): void {
    try {
      this.#socket?.send(bytes, peer.port, this.#wireHost(peer.host), this.#onSent);
    } catch (error) {
      this.#onSent(error);
    }
  }

  async #bind(): Promise<void> {
    const { host, port = 0 } = this.#options;
    try {
      if (host === undefined) await this.#bindAll(port);
      else await this.#bindAddress(canonicalAddress(host) ?? (await resolveName(host, 'dual')), port);
      await this.#joinGroups();
    } catch (error) {
      await this.#closeSockets();
      // Not open, but not used up either: the caller may try again once the address is free.
      this.#handler = undefined;
      this.#moveFrom('opening', 'new');
      if (error instanceof TransportError) throw error;
      throw bindError('udp', host ?? '::', port, error);
    }
    // close() during open() waits for the binding and then closes the socket.
    if (!this.#moveFrom('opening', 'open')) throw notOpenError(true);
  }

  #moveFrom(expected: State, next: State): boolean {
    if (this.#state !== expected) return false;
    this.#state = next;
    return true;
  }

  async #bindAll(port: number): Promise<void> {
    try {
      await this.#bindSocket('dual', '::', port);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error;
      await this.#bindAddress('0.0.0.0', port);
    }
  }

  async #bindAddress(address: string, port: number): Promise<void> {
    const reach = isIPv4(address) ? 'ipv4' : address === '::' ? 'dual' : 'ipv6';
    await this.#bindSocket(reach, address, port);
  }

  async #bindSocket(reach: Reach, address: string, port: number): Promise<void> {
    const { multicast, receiveBufferSize } = this.#options;
    const bind = multicast !== undefined && sharesPort(multicast, address, port) ? bindSharedSocket : bindSocket;
    const socket = await bind({ reach, address, port, receiveBufferSize, onError: this.#onSocketError });
    socket.on('message', this.#onMessage);
    this.#socket = socket;
    this.#reach = reach;
    this.#localAddress = { host: socket.address().address, port: socket.address().port };
  }

  async #joinGroups(): Promise<void> {
    const { multicast, receiveBufferSize } = this.#options;
    if (multicast === undefined || this.#socket === undefined) return;
    this.#groups = await joinGroups({
      multicast,
      socket: this.#socket,
      reach: this.#reach,
      receiveBufferSize,
      onMessage: this.#onGroupMessage,
      onError: this.#onSocketError,
    });
  }

  readonly #onSocketError = (error: unknown): void => {
    this.statistics.socketErrors += 1;
    this.#options.onError?.(error);
  };

  readonly #onMessage = (message: Buffer, from: RemoteInfo): void => {
    if (this.#handler === undefined || !this.#takes(from)) return;
    this.statistics.received += 1;
    try {
      this.#handler.onDatagram(this.#peers.get(from.address, from.port), bytesOf(message));
    } catch (error) {
      this.#onHandlerError(error);
    }
  };

  readonly #onGroupMessage = (message: Buffer, from: RemoteInfo): void => {
    if (this.#handler === undefined || !this.#takes(from)) return;
    if (this.#handler.onMulticast === undefined) {
      this.statistics.multicastIgnored += 1;
      return;
    }
    this.statistics.multicastReceived += 1;
    // The sender as the transport's own socket sees it, which the answer leaves by.
    try {
      this.#handler.onMulticast(this.#peers.get(this.#wireHost(from.address), from.port), bytesOf(message));
    } catch (error) {
      this.#onHandlerError(error);
    }
  };

  #takes(from: RemoteInfo): boolean {
    if (this.#state !== 'open') return false;
    if (from.port !== 0) return true;
    this.statistics.unanswerable += 1;
    return false;
  }

  #onHandlerError(error: unknown): void {
    this.statistics.handlerErrors += 1;
    this.#options.onError?.(error);
  }

  readonly #onSent = (error: unknown): void => {
    this.#pendingSends -= 1;
    if (error === null || error === undefined) {
      this.statistics.sent += 1;
    } else {
      this.statistics.sendErrors += 1;
      this.#options.onError?.(error);
    }
    if (this.#pendingSends === 0) this.#onDrained?.();
  };

  async #close(): Promise<void> {
    this.#state = 'closed';
    await this.#opening;
    this.#handler = undefined;
    this.#localAddress = undefined;
    // The last words of the engine, such as a close_notify alert, may still wait for room in the socket's buffer.
    if (this.#pendingSends > 0) {
      await new Promise<void>((resolve) => {
        this.#onDrained = resolve;
      });
    }
    await this.#closeSockets();
  }

  async #closeSockets(): Promise<void> {
    const sockets = [...this.#groups, ...(this.#socket === undefined ? [] : [this.#socket])];
    this.#groups = [];
    this.#socket = undefined;
    this.#localAddress = undefined;
    await Promise.all(sockets.map(closeSocket));
  }
}

function bytesOf(message: Buffer): Uint8Array {
  // Not the Buffer: its slice() would share bytes where that of the promised Uint8Array copies them.
  return new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
}
