import type { Clock, Peer } from '@flownexus/datagram';
import { decodeMessage } from './codec.ts';
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

/** Makes events of datagrams. Exists only while an endpoint is traced. */
export interface Tracer {
  received(peer: Peer, datagram: Uint8Array, content: CoapMessage | CoapFormatError, repeated: boolean): void;
  sent(peer: Peer, datagram: Uint8Array, repeated: boolean): void;
}

export function tracer(clock: Clock, hook: TraceHook, call: (callback: () => unknown) => void): Tracer {
  const event = (direction: 'in' | 'out', peer: Peer, datagram: Uint8Array, repeated: boolean) => ({
    direction,
    peer,
    atMs: clock.wallTime(),
    datagram,
    repeated,
  });
  return {
    received: (peer, datagram, content, repeated) => {
      const read =
        content instanceof Error
          ? { message: undefined, formatError: content }
          : { message: content, formatError: undefined };
      call(() => hook({ ...event('in', peer, datagram, repeated), ...read }));
    },
    sent: (peer, datagram, repeated) => {
      call(() =>
        hook({
          ...event('out', peer, datagram, repeated),
          message: decodeMessage(datagram),
          formatError: undefined,
        }),
      );
    },
  };
}
