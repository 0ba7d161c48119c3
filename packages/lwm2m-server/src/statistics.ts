import type { CoapStatistics } from '@flownexus/coap';

/** What a server counted since it was made, and what it holds now. */
export interface ServerStatistics {
  /** Present registrations. */
  readonly registrations: number;
  /** Present observations, those being established included. */
  readonly observations: number;
  /** Operations of the durable queue that are not finished. */
  readonly operations: number;
  readonly registers: number;
  readonly updates: number;
  readonly deregisters: number;
  readonly expiries: number;
  /** Registrations that ended with the credential that they were made with. */
  readonly revocations: number;
  readonly refusals: number;
  /** Sends whose values were handled. */
  readonly sends: number;
  /** Notifications whose values were handled, first answers included. */
  readonly notifications: number;
  /** Notifications that did not decode. */
  readonly undecodable: number;
  /** Notifications that an iterator was too slow for. */
  readonly dropped: number;
  /** Notifications in blocks whose rest could not be fetched, or that a newer one overtook meanwhile. */
  readonly abandoned: number;
  /**
   * The counters of the CoAP engine, summed over the endpoints: what did not get as far as the interfaces of LwM2M, such
   * as malformed datagrams (`formatErrors`), duplicates and bounds that were reached.
   */
  readonly coap: CoapStatistics;
}

/** The counters behind {@link ServerStatistics}. */
export type Counters = {
  -readonly [Name in Exclude<keyof ServerStatistics, 'registrations' | 'observations' | 'operations' | 'coap'>]: number;
};

export function newCounters(): Counters {
  return {
    registers: 0,
    updates: 0,
    deregisters: 0,
    expiries: 0,
    revocations: 0,
    refusals: 0,
    sends: 0,
    notifications: 0,
    undecodable: 0,
    dropped: 0,
    abandoned: 0,
  };
}
