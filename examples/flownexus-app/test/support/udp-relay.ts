import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A NAT between one device and a server: `rebind` gives the device another port as the server sees it. */
export class UdpRelay {
  /** Where the device sends to. */
  readonly address: { readonly host: string; readonly port: number };
  readonly #target: number;
  readonly #inside: Socket;
  #outside: Socket;
  #device: AddressInfo | undefined;
  /** Asked for each datagram to the device: false loses it. */
  passes: () => boolean = () => true;

  private constructor(target: number, inside: Socket, outside: Socket) {
    this.#target = target;
    this.#inside = inside;
    this.#outside = outside;
    this.address = { host: '127.0.0.1', port: inside.address().port };
    inside.on('message', (datagram, from) => {
      this.#device = { address: from.address, port: from.port, family: from.family };
      this.#outside.send(datagram, this.#target, '127.0.0.1');
    });
    this.#answerFrom(outside);
    onTestFinished(() => {
      inside.close();
      this.#outside.close();
    });
  }

  /** Relays to a port of this machine. */
  static async start(target: number): Promise<UdpRelay> {
    return new UdpRelay(target, await bound(), await bound());
  }

  /** The port that the server sees. */
  get port(): number {
    return this.#outside.address().port;
  }

  async rebind(): Promise<void> {
    const next = await bound();
    this.#outside.close();
    this.#outside = next;
    this.#answerFrom(next);
  }

  #answerFrom(outside: Socket): void {
    outside.on('message', (datagram) => {
      if (this.#device !== undefined && this.passes())
        this.#inside.send(datagram, this.#device.port, this.#device.address);
    });
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
