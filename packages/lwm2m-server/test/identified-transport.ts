import {
  ANONYMOUS,
  type DatagramHandler,
  type DatagramTransport,
  type Peer,
  type PeerIdentity,
} from '@flownexus/datagram';

/**
 * A transport whose peers have the identity that a test gives them: what a DTLS transport makes of a handshake. A peer that
 * has one keeps its key as long as it has the same association, wherever it sends from.
 */
export class IdentifiedTransport implements DatagramTransport {
  readonly #below: DatagramTransport;
  readonly #known = new Map<number, { readonly identity: PeerIdentity; readonly association: string }>();

  constructor(below: DatagramTransport) {
    this.#below = below;
  }

  /** From now on what comes from `port` comes from this identity. */
  identify(port: number, identity: PeerIdentity, association: string = `association of ${port}`): void {
    this.#known.set(port, { identity, association });
  }

  get scheme(): string {
    return 'coaps';
  }

  get maxDatagramSize(): number {
    return this.#below.maxDatagramSize;
  }

  get localAddress(): DatagramTransport['localAddress'] {
    return this.#below.localAddress;
  }

  open(handler: DatagramHandler): Promise<void> {
    return this.#below.open({
      onDatagram: (peer, datagram) => handler.onDatagram(this.#identified(peer), datagram),
      onPeerClosed: (peer, reason) => handler.onPeerClosed(this.#identified(peer), reason),
    });
  }

  send(peer: Peer, datagram: Uint8Array): void {
    this.#below.send(peer, datagram);
  }

  close(): Promise<void> {
    return this.#below.close();
  }

  #identified(peer: Peer): Peer {
    const known = this.#known.get(peer.port);
    if (known === undefined) return { ...peer, identity: ANONYMOUS };
    return { ...peer, key: known.association, identity: known.identity };
  }
}
