import type { DatagramHandler, Peer } from '@flownexus/datagram';
import type { DtlsTransportOptions, HandshakeFailure } from '../api.ts';
import type { DtlsCounters } from './counters.ts';

/** Calls the handler and the callbacks of the options. What they throw is counted and reported, and goes no further. */
export class Callbacks {
  readonly #options: DtlsTransportOptions;
  readonly #counters: DtlsCounters;
  #handler: DatagramHandler | undefined;

  constructor(options: DtlsTransportOptions, counters: DtlsCounters) {
    this.#options = options;
    this.#counters = counters;
  }

  /** Whom datagrams go to; undefined: nobody. */
  set handler(handler: DatagramHandler | undefined) {
    this.#handler = handler;
  }

  datagram(peer: Peer, datagram: Uint8Array): void {
    try {
      this.#handler?.onDatagram(peer, datagram);
    } catch (error) {
      this.report(error, 'onDatagram');
    }
  }

  peerClosed(peer: Peer, reason: Error | undefined): void {
    try {
      this.#handler?.onPeerClosed(peer, reason);
    } catch (error) {
      this.report(error, 'onPeerClosed');
    }
  }

  association(peer: Peer): void {
    this.call('onAssociation', () => this.#options.onAssociation?.(peer));
  }

  handshakeFailed(failure: HandshakeFailure): void {
    this.call('onHandshakeFailed', () => this.#options.onHandshakeFailed?.(failure));
  }

  /** Calls the application. */
  call(context: string, callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.report(error, context);
    }
  }

  /** Counts what a callback or the store threw, and hands it on. */
  report(error: unknown, context: string): void {
    this.#counters.callbackErrors += 1;
    try {
      this.#options.onError?.(error, context);
    } catch {
      // It must not throw: there is nobody left to tell.
    }
  }
}
