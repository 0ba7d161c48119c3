import type { Clock, Peer } from '@flownexus/datagram';
import type { CoapFormatError } from './format-error.ts';
import type { CoapMessage } from './message.ts';

/** One datagram that an endpoint received or sent. */
export interface TraceEvent {
  readonly direction: 'in' | 'out';
  readonly peer: Peer;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly atMs: number;
  readonly datagram: Uint8Array;
  /** The message in it, views of `datagram`. Undefined when it has a format error. */
  readonly message: CoapMessage | undefined;
  readonly formatError: CoapFormatError | undefined;
  /** A message that was sent or received before: a retransmission, or the same reply to a duplicate (RFC 7252 §4.2, §4.5). */
  readonly repeated: boolean;
}

/**
 * Sees every datagram in and out, before it is acted on and before it is handed to the transport. It must not change the
 * bytes. What it throws is counted and reported like any error of the application.
 */
export type TraceHook = (event: TraceEvent) => void;

/** Makes events of datagrams. Exists only in endpoints that are traced. */
export interface Tracer {
  received(peer: Peer, datagram: Uint8Array, content: CoapMessage | CoapFormatError, repeated: boolean): void;
  sent(peer: Peer, datagram: Uint8Array, message: CoapMessage, repeated: boolean): void;
}

export function tracer(clock: Clock, hook: TraceHook, call: (callback: () => unknown) => void): Tracer {
  const emit = (event: TraceEvent): void => call(() => hook(event));
  return {
    received: (peer, datagram, content, repeated) => {
      const failed = content instanceof Error;
      emit({
        direction: 'in',
        peer,
        atMs: clock.wallTime(),
        datagram,
        message: failed ? undefined : content,
        formatError: failed ? content : undefined,
        repeated,
      });
    },
    sent: (peer, datagram, message, repeated) => {
      emit({ direction: 'out', peer, atMs: clock.wallTime(), datagram, message, formatError: undefined, repeated });
    },
  };
}
