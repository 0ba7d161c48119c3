import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Address, formatAddress, systemClock } from '@flownexus/datagram';
import type { NetworkRule } from '@flownexus/datagram/testing';
import { onTestFinished } from 'vitest';

const HOST = '127.0.0.1';

/**
 * Stands between clients and a server, on the loopback interface. The server sees each client at a port of the proxy, which `rebind` changes
 * like a NAT that has forgotten its mapping.
 */
export class UdpProxy {
  /** What happens to each datagram; undefined delivers all. In `from` and `to` one of the two is the server. */
  rule: NetworkRule | undefined;
  readonly #server: Address;
  readonly #downstream: Socket;
  readonly #upstream = new Map<string, Socket>();
  #count = 0;
  #isClosed = false;

  private constructor(serverPort: number, downstream: Socket) {
    this.#server = { host: HOST, port: serverPort };
    this.#downstream = downstream;
    downstream.on('message', (bytes, { address, port }) => {
      const client = { host: address, port };
      this.#forward(client, this.#server, bytes, () => this.#upstreamFor(client));
    });
  }

  /** Opens a proxy for the present test. */
  static async open(serverPort: number, rule?: NetworkRule): Promise<UdpProxy> {
    const downstream = createSocket('udp4');
    const proxy = new UdpProxy(serverPort, downstream);
    proxy.rule = rule;
    downstream.bind(0, HOST);
    await once(downstream, 'listening');
    onTestFinished(() => proxy.close());
    return proxy;
  }

  /** Where clients connect to. */
  get port(): number {
    return this.#downstream.address().port;
  }

  /** From now on the server sees all clients at other ports, and what it sends to the old ones is lost. */
  rebind(): void {
    for (const socket of this.#upstream.values()) socket.close();
    this.#upstream.clear();
  }

  close(): void {
    this.#isClosed = true;
    this.rebind();
    this.#downstream.close();
  }

  #upstreamFor(client: Address): Socket {
    const key = formatAddress(client.host, client.port);
    let socket = this.#upstream.get(key);
    if (socket === undefined) {
      socket = createSocket('udp4');
      socket.bind(0, HOST);
      // Of a server that is gone for a moment.
      socket.on('error', () => undefined);
      socket.on('message', (bytes) => this.#forward(this.#server, client, bytes, () => this.#downstream));
      this.#upstream.set(key, socket);
    }
    return socket;
  }

  #forward(from: Address, to: Address, bytes: Buffer, socket: () => Socket): void {
    const verdict = this.rule?.({ from, to, bytes, index: this.#count }) ?? 'deliver';
    this.#count += 1;
    if (verdict === 'drop') return;
    const { delayMs = 0, copies = 1 } = verdict === 'deliver' ? {} : verdict;
    const send = (): void => {
      for (let copy = 0; copy < copies && !this.#isClosed; copy += 1) socket().send(bytes, to.port, to.host);
    };
    if (delayMs === 0) send();
    else systemClock.schedule(delayMs, send);
  }
}
