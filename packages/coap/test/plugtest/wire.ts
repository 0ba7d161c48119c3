import type { DatagramTransport, Peer } from '@flownexus/datagram';
import { type CoapMessage, decodeMessage } from '../../src/index.ts';

/** One message between the client and the server of a test. */
export interface WireEntry {
  readonly from: 'client' | 'server';
  readonly message: CoapMessage;
  readonly bytes: Uint8Array;
  /** It did not arrive. */
  readonly lost: boolean;
}

/** The messages between the client and the server of a test, in order. It can lose some of them. */
export class Wire {
  readonly entries: WireEntry[] = [];
  /** Which messages get lost; undefined: none. */
  lose: ((entry: Omit<WireEntry, 'lost'>) => boolean) | undefined;
  /** Ports of parties that are neither the client nor the server of the test. */
  readonly bystanders = new Set<number>();
  readonly #waiting = new Set<() => void>();

  /** A transport whose datagrams are watched: that of the client, or that of the server. */
  watch(transport: DatagramTransport, side: WireEntry['from']): DatagramTransport {
    const other = side === 'client' ? 'server' : 'client';
    const send = transport.send.bind(transport);
    const open = transport.open.bind(transport);
    transport.send = (peer, datagram) => {
      if (this.#passes(side, peer, datagram)) send(peer, datagram);
    };
    transport.open = (handler) =>
      open({
        ...handler,
        onPeerClosed: (peer, reason) => handler.onPeerClosed(peer, reason),
        onDatagram: (peer, datagram) => {
          if (this.#passes(other, peer, datagram)) handler.onDatagram(peer, datagram);
        },
      });
    return transport;
  }

  /** Resolves to what `find` finds in the entries, as soon as it finds something. */
  until<T>(find: (entries: readonly WireEntry[]) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = find(this.entries);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Forgets what was seen, and the losses. */
  clear(): void {
    this.entries.length = 0;
    this.lose = undefined;
  }

  #passes(from: WireEntry['from'], peer: Peer, datagram: Uint8Array): boolean {
    if (this.bystanders.has(peer.port)) return true;
    const entry = { from, message: decodeMessage(datagram), bytes: Uint8Array.from(datagram) };
    const lost = this.lose?.(entry) ?? false;
    this.entries.push({ ...entry, lost });
    for (const look of this.#waiting) look();
    return !lost;
  }
}
