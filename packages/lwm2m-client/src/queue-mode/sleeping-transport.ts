import type { DatagramHandler, DatagramTransport, Peer } from '@flownexus/datagram';

/**
 * A transport whose receiver can be off, as that of a device in queue mode is (TS Core §6.5): what comes meanwhile is lost, and what is
 * sent turns it on. It lies over the transport that CoAP uses, which may be DTLS.
 */
export class SleepingTransport implements DatagramTransport {
  readonly #below: DatagramTransport;
  readonly #onActivity: () => void;
  readonly #closed: [peer: Peer, reason: Error | undefined][] = [];
  #handler: DatagramHandler | undefined;
  #asleep = false;
  #lost = 0;

  /** `onActivity` is called for what is sent and for what comes in while the receiver is on. */
  constructor(below: DatagramTransport, onActivity: () => void) {
    this.#below = below;
    this.#onActivity = onActivity;
  }

  get scheme(): string {
    return this.#below.scheme;
  }

  get maxDatagramSize(): number {
    return this.#below.maxDatagramSize;
  }

  get localAddress(): { readonly host: string; readonly port: number } | undefined {
    return this.#below.localAddress;
  }

  /** Whether the receiver is off. */
  get asleep(): boolean {
    return this.#asleep;
  }

  /** How many datagrams came while it was. */
  get lost(): number {
    return this.#lost;
  }

  /** Turns the receiver off. */
  sleep(): void {
    this.#asleep = true;
  }

  /** Turns it on. What is known by now of associations that have ended is told. */
  wake(): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    for (const [peer, reason] of this.#closed.splice(0)) this.#handler?.onPeerClosed(peer, reason);
  }

  open(handler: DatagramHandler): Promise<void> {
    this.#handler = handler;
    return this.#below.open({
      onDatagram: (peer, datagram) => {
        if (this.#hears()) handler.onDatagram(peer, datagram);
      },
      onMulticast: (peer, datagram) => {
        if (this.#hears()) handler.onMulticast?.(peer, datagram);
      },
      onPeerClosed: (peer, reason) => {
        if (this.#asleep) this.#closed.push([peer, reason]);
        else handler.onPeerClosed(peer, reason);
      },
    });
  }

  send(peer: Peer, datagram: Uint8Array): void {
    // The caller is in the middle of something: what ended meanwhile is told when it is done.
    if (this.#asleep) queueMicrotask(() => this.wake());
    this.#onActivity();
    this.#below.send(peer, datagram);
  }

  connect(host: string, port: number): Promise<Peer> {
    if (this.#below.connect === undefined) return Promise.reject(new TypeError('the transport has no client role'));
    return this.#below.connect(host, port);
  }

  confirmPath(peer: Peer): void {
    this.#below.confirmPath?.(peer);
  }

  disconnect(peer: Peer, reason: string): void {
    this.#below.disconnect?.(peer, reason);
  }

  close(): Promise<void> {
    return this.#below.close();
  }

  #hears(): boolean {
    if (this.#asleep) this.#lost += 1;
    else this.#onActivity();
    return !this.#asleep;
  }
}
