import { CoapError, type CoapEndpoint } from '@flownexus/coap';
import type { Peer, Timer } from '@flownexus/datagram';
import type { RefusedFormats } from '../downlink/refused-formats.ts';
import type { EndpointTally } from '../endpoint-statistics.ts';
import type { EndpointPresence } from '../presence/endpoint-presence.ts';
import type { Registration } from './registration.ts';

/** The client role of the CoAP endpoint that a device registered at: requests to it leave from the same socket. */
export type CoapClient = Pick<CoapEndpoint, 'request' | 'observe' | 'adopt' | 'refreshPeerSettings'>;

/** In the place of the CoAP endpoint of a device whose peer nobody knows since a restart: nothing can be sent to it. */
export const UNREACHABLE: CoapClient = {
  request: () => Promise.reject(unreachable()),
  observe: () => Promise.reject(unreachable()),
  adopt: () => {
    throw unreachable();
  },
  refreshPeerSettings: () => undefined,
};

function unreachable(): CoapError {
  return new CoapError('ERR_COAP_PEER_CLOSED', 'the device can not be reached before it is heard');
}

/** One registration as the server holds it: the present value, and how to reach the device. */
export class RegisteredEndpoint {
  /** Replaced as a whole at each Update. */
  registration: Registration;
  /** Changed by `RegistrationTable.move` alone, as is `coap`. */
  peer: Peer;
  coap: CoapClient;
  /** No longer in the table: deregistered, expired or replaced. */
  ended = false;
  /** The event that waits for its answer to leave. Shared with the registration that replaces this one. */
  readonly announcement: Announcement;
  /** Belong to `PeerIndex`. */
  newerOfPeer: RegisteredEndpoint | undefined;
  olderOfPeer: RegisteredEndpoint | undefined;
  /** Belong to `RegistrationExpiry`. */
  expiryTimer: Timer | undefined;
  expiresAtMs: number = -Infinity;
  /** What the device refused since it registered; undefined as long as that is nothing. */
  refusedFormats: RefusedFormats | undefined;
  /** The Object versions of the devices behind a gateway by their prefixes, once its Gateway Object was read. */
  iotObjectVersions: ReadonlyMap<string, ReadonlyMap<number, string>> | undefined;
  /** Belongs to `PresenceTracker`, which makes it when it needs it. A registration that replaces another takes it over. */
  presence: EndpointPresence | undefined;

  /** How often it has registered with this server, and updated its registrations. */
  registers = 1;
  updates = 0;
  /** Belongs to `EndpointTallies`, which makes it when there is something else to count. */
  tally: EndpointTally | undefined;

  constructor(registration: Registration, peer: Peer, coap: CoapClient, announcement: Announcement) {
    this.registration = registration;
    this.peer = peer;
    this.coap = coap;
    this.announcement = announcement;
  }

  /** Takes over what outlives the registration that this one replaces. */
  replace(replaced: RegisteredEndpoint): void {
    this.presence = replaced.presence;
    this.tally = replaced.tally;
    this.registers = replaced.registers + 1;
    this.updates = replaced.updates;
  }

  get endpointName(): string {
    return this.registration.endpointName;
  }

  /** False for a registration from before a restart whose peer is gone, until the device is heard: nothing can be sent to it. */
  get reachable(): boolean {
    return this.coap !== UNREACHABLE;
  }
}

/**
 * Keeps the events of one endpoint name in the order of what happened, though each waits until its own answer has
 * left: the next change lets an event that still waits go first.
 */
export class Announcement {
  #waiting: (() => void) | undefined;

  /** Queues an event. Returns what to call when its answer has left. */
  after(emit: () => void): () => void {
    this.flush();
    this.#waiting = emit;
    return () => {
      if (this.#waiting === emit) this.flush();
    };
  }

  /** Emits what still waits: to be called before the next change. */
  flush(): void {
    const emit = this.#waiting;
    this.#waiting = undefined;
    emit?.();
  }
}
