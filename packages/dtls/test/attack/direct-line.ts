import type { DatagramHandler, DatagramTransport, Peer } from '@flownexus/datagram';

/** A transport without a network: what a test delivers is handled at once, and whatever that throws comes out of `deliver`. */
export class DirectLine implements DatagramTransport {
  readonly scheme = 'coap';
  readonly maxDatagramSize = 65_507;
  readonly localAddress: { readonly host: string; readonly port: number };
  /** Bytes that were sent in all, and those that came. */
  sentBytes = 0;
  sentDatagrams = 0;
  readonly #inboxes = new Map<string, Uint8Array[]>();
  readonly #peers = new Map<string, Peer>();
  #handler: DatagramHandler | undefined;

  constructor(host = '10.0.0.1', port = 5684) {
    this.localAddress = { host, port };
  }

  open(handler: DatagramHandler): Promise<void> {
    this.#handler = handler;
    return Promise.resolve();
  }

  send(peer: Peer, datagram: Uint8Array): void {
    this.sentBytes += datagram.length;
    this.sentDatagrams += 1;
    this.#inboxes.get(peer.key)?.push(datagram);
  }

  connect(host: string, port: number): Promise<Peer> {
    return Promise.resolve(this.peer(host, port));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  peer(host: string, port: number): Peer {
    const key = `coap://${host}:${port}`;
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    const peer: Peer = { key, host, port, identity: { kind: 'anonymous' }, pathValidated: true };
    this.#peers.set(key, peer);
    return peer;
  }

  /** From now on what is sent to an address is kept: the list that it goes to. */
  inbox(host: string, port: number): Uint8Array[] {
    const { key } = this.peer(host, port);
    const known = this.#inboxes.get(key);
    if (known !== undefined) return known;
    const inbox: Uint8Array[] = [];
    this.#inboxes.set(key, inbox);
    return inbox;
  }

  /** Nobody is at an address any more. */
  leave(host: string, port: number): void {
    const { key } = this.peer(host, port);
    this.#inboxes.delete(key);
    this.#peers.delete(key);
  }

  deliver(host: string, port: number, datagram: Uint8Array): void {
    // Bytes of its own: whoever keeps a view of them would show by what comes out later.
    const bytes = Uint8Array.from(datagram);
    this.#handler?.onDatagram(this.peer(host, port), bytes);
    bytes.fill(0xee);
  }
}
