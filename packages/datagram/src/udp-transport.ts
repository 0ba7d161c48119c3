import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP, isIPv4, SocketAddress } from 'node:net';
import type { Address } from './address.ts';
import { checkPort } from './address.ts';
import { alreadyOpenError, bindError, notOpenError, systemErrorCode, TransportError } from './errors.ts';
import { DatagramLimits } from './limits.ts';
import { PeerTable } from './peer-table.ts';
import type { Peer } from './peer.ts';
import type { DatagramHandler, DatagramTransport } from './transport.ts';
import { mapAddress, unmapAddress } from './udp-address.ts';

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
  /** Gets the errors that are counted in the statistics: of the socket, of sending, and what the handler throws. Must not throw. */
  readonly onError?: (error: unknown) => void;
}

/** What a UDP transport has counted since it was made. */
export interface UdpStatistics {
  /** Datagrams given to the handler. */
  readonly received: number;
  /** Datagrams that the operating system took. */
  readonly sent: number;
  /** Datagrams that could not be sent: no route, a full queue, the transport not open. */
  readonly sendErrors: number;
  /** Datagrams that were not sent because they were larger than `maxDatagramSize`. */
  readonly oversized: number;
  /** Errors that the open socket reported. */
  readonly socketErrors: number;
  /** Datagrams whose handler threw. */
  readonly handlerErrors: number;
  /** Datagrams from port 0, which nobody can answer (RFC 768); they are ignored. */
  readonly unanswerable: number;
}

/** A transport over one UDP socket. Made by `udpTransport`. */
export interface UdpTransport extends DatagramTransport {
  readonly statistics: UdpStatistics;
  /**
   * Resolves to the peer at an IP address or name. Rejects with a `TransportError`: `ERR_DATAGRAM_RESOLVE` when the name has no
   * address that this socket reaches, `ERR_DATAGRAM_CLOSED` when the transport isn't open.
   */
  connect(host: string, port: number): Promise<Peer>;
}

/**
 * A transport over UDP.
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

/** What a socket reaches: IPv4, IPv6, or both. */
type Reach = 'ipv4' | 'ipv6' | 'dual';
type State = 'new' | 'opening' | 'open' | 'closed';

class UdpSocketTransport implements UdpTransport {
  readonly scheme: string;
  readonly maxDatagramSize: number;
  readonly statistics = {
    received: 0,
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
  #reach: Reach = 'ipv4';
  #handler: DatagramHandler | undefined;
  #localAddress: Address | undefined;
  #pendingSends = 0;
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
    const host = this.#reach === 'dual' ? mapAddress(peer.host) : peer.host;
    this.#pendingSends += 1;
    try {
      // A copy: when its buffer is full the socket reads the bytes later, and the caller may have changed them by then.
      this.#socket.send(Buffer.from(datagram), peer.port, host, this.#onSent);
    } catch (error) {
      this.#onSent(error);
    }
  }

  async connect(host: string, port: number): Promise<Peer> {
    checkPort(port, 1);
    if (this.#state !== 'open') throw notOpenError(this.#state === 'closed');
    const address = canonicalAddress(host) ?? canonicalAddress(await resolveName(host, this.#reach)) ?? host;
    return this.#peers.get(this.#reach === 'dual' ? mapAddress(address) : address, port);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #bind(): Promise<void> {
    const { host, port = 0 } = this.#options;
    try {
      if (host === undefined) await this.#bindAll(port);
      else await this.#bindAddress(canonicalAddress(host) ?? (await resolveName(host, 'dual')), port);
    } catch (error) {
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

  #bindSocket(reach: Reach, address: string, port: number): Promise<void> {
    const socket = createSocket({
      type: reach === 'ipv4' ? 'udp4' : 'udp6',
      ipv6Only: reach === 'ipv6',
      // Only addresses get here: asking the resolver for each datagram would cost more than sending it.
      lookup: (literal, _options, callback) => {
        callback(null, literal, reach === 'ipv4' ? 4 : 6);
      },
    });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ address, port }, () => {
        socket.removeAllListeners('error');
        this.#listen(socket, reach);
        resolve();
      });
    });
  }

  #listen(socket: Socket, reach: Reach): void {
    socket.on('error', (error) => {
      this.statistics.socketErrors += 1;
      this.#options.onError?.(error);
    });
    socket.on('message', this.#onMessage);
    this.#socket = socket;
    this.#reach = reach;
    const { address, port } = socket.address();
    this.#localAddress = { host: address, port };
    this.#sizeReceiveBuffer(socket);
  }

  #sizeReceiveBuffer(socket: Socket): void {
    if (this.#options.receiveBufferSize === undefined) return;
    try {
      socket.setRecvBufferSize(this.#options.receiveBufferSize);
    } catch (error) {
      this.statistics.socketErrors += 1;
      this.#options.onError?.(error);
    }
  }

  readonly #onMessage = (message: Buffer, from: RemoteInfo): void => {
    if (this.#state !== 'open' || this.#handler === undefined) return;
    if (from.port === 0) {
      this.statistics.unanswerable += 1;
      return;
    }
    this.statistics.received += 1;
    try {
      // Not the Buffer: its slice() would share bytes where that of the promised Uint8Array copies them.
      const datagram = new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
      this.#handler.onDatagram(this.#peers.get(from.address, from.port), datagram);
    } catch (error) {
      this.statistics.handlerErrors += 1;
      this.#options.onError?.(error);
    }
  };

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
    const socket = this.#socket;
    if (socket === undefined) return;
    // The last words of the engine, such as a close_notify alert, may still wait for room in the socket's buffer.
    if (this.#pendingSends > 0) {
      await new Promise<void>((resolve) => {
        this.#onDrained = resolve;
      });
    }
    this.#socket = undefined;
    await new Promise<void>((resolve) => {
      socket.close(resolve);
    });
  }
}

async function resolveName(name: string, reach: Reach): Promise<string> {
  try {
    const { address } = await lookup(name, { family: reach === 'dual' ? 0 : reach === 'ipv4' ? 4 : 6 });
    return address;
  } catch (cause) {
    const reason = systemErrorCode(cause) ?? String(cause);
    throw new TransportError('ERR_DATAGRAM_RESOLVE', `${name} has no address that this socket reaches (${reason})`, {
      cause,
    });
  }
}

/**
 * An IP address in the one spelling that sockets report (RFC 5952), so that it is the same party however it was written, or
 * `undefined` when `host` is a name. A zone (`fe80::1%eth0`, RFC 4007) is kept.
 */
function canonicalAddress(host: string): string | undefined {
  const family = isIP(host);
  if (family === 0) return undefined;
  if (family === 4) return host;
  const [address = host, zone] = host.split('%', 2);
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  return zone === undefined ? unmapAddress(canonical) : `${canonical}%${zone}`;
}
