import type { Clock, DatagramTransport, RandomSource } from '@flownexus/datagram';
import type { CredentialStore } from '../security/credential-store.ts';

/** What a server gives the transports of its endpoints. */
export interface TransportContext {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Aborted when the server stops, or could not start. */
  readonly signal: AbortSignal;
  /** Told of errors that have no caller to go to. Never throws. */
  readonly onError: (error: unknown, context: string) => void;
}

/** Where the server listens. Made by `coap(…)`, by `coaps(…)`, or by `overTransport(…)` for any transport. */
export interface ServerEndpoint {
  /** Makes the transport; called once by `start`. */
  createTransport(context: TransportContext): DatagramTransport;
  /** Who the devices are that prove an identity here. The server asks it about those that prove none, too. */
  readonly credentials?: CredentialStore;
}

/** An address that a server listens on. */
export interface ServerAddress {
  /** `coap` or `coaps`. */
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
}
