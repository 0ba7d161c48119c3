import type { DatagramHandler, DatagramTransport, Peer } from '@flownexus/datagram';

/** A transport whose closing words are not heard when it is muted: the server keeps the association. */
export class Mutable implements DatagramTransport {
  isMuted = false;
  readonly scheme: string;
  readonly maxDatagramSize: number;
  readonly #lower: DatagramTransport;

  constructor(lower: DatagramTransport) {
    this.#lower = lower;
    this.scheme = lower.scheme;
    this.maxDatagramSize = lower.maxDatagramSize;
  }

  get localAddress(): DatagramTransport['localAddress'] {
    return this.#lower.localAddress;
  }

  open(handler: DatagramHandler): Promise<void> {
    return this.#lower.open(handler);
  }

  send(peer: Peer, datagram: Uint8Array): void {
    if (!this.isMuted) this.#lower.send(peer, datagram);
  }

  async connect(host: string, port: number): Promise<Peer> {
    if (this.#lower.connect === undefined) throw new TypeError('the transport below has no client role');
    return this.#lower.connect(host, port);
  }

  close(): Promise<void> {
    return this.#lower.close();
  }
}
