import type { Peer } from '../peer.ts';
import type { DatagramHandler } from '../transport.ts';

/** A datagram that a `DatagramRecorder` has heard. */
export interface RecordedDatagram {
  readonly peer: Peer;
  readonly bytes: Uint8Array;
  /** Whether it came by `onMulticast`. */
  readonly multicast: boolean;
}

/** A handler that keeps what it hears, and tells when there is enough of it: tests wait for that and never sleep. */
export class DatagramRecorder implements DatagramHandler {
  readonly datagrams: RecordedDatagram[] = [];
  /** Peers whose association ended, in order. */
  readonly closedPeers: Peer[] = [];
  readonly #waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();

  onDatagram(peer: Peer, datagram: Uint8Array): void {
    this.#record({ peer, bytes: datagram, multicast: false });
  }

  onMulticast(peer: Peer, datagram: Uint8Array): void {
    this.#record({ peer, bytes: datagram, multicast: true });
  }

  onPeerClosed(peer: Peer): void {
    this.closedPeers.push(peer);
  }

  /** Resolves as soon as `count` datagrams have been heard in all. */
  count(count: number): Promise<void> {
    if (this.datagrams.length >= count) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.add({ count, resolve });
    });
  }

  #record(datagram: RecordedDatagram): void {
    this.datagrams.push(datagram);
    for (const waiter of this.#waiting) {
      if (this.datagrams.length < waiter.count) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
