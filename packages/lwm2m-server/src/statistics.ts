import type { CoapStatistics } from '@flownexus/coap';

/** What a server counted since it was made, and what it holds now. {@link ratesBetween} tells how fast it counts. */
export interface ServerStatistics {
  /** How long ago the server was made, in milliseconds. */
  readonly uptimeMs: number;
  /** Present registrations. */
  readonly registrations: number;
  /** Those of them that can't be reached at present: see `Presence`. */
  readonly asleep: number;
  /** Present observations, those being established included. */
  readonly observations: number;
  /** Operations in the durable queue that are not finished. */
  readonly queued: number;
  /** Operations of `Device` that wait for a device to wake up, or for their turn. */
  readonly waiting: number;
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
  /** Bootstrap sessions that finished, and those that failed. */
  readonly bootstraps: number;
  readonly bootstrapFailures: number;
  /** Configurations that were given as a whole. */
  readonly bootstrapPacks: number;
  /** Downlink operations that had their turn, and observations that were asked for. */
  readonly operations: number;
  /** Those of them that the device answered, whatever it answered. */
  readonly answers: number;
  /** Those that it answered with 4.xx or 5.xx. */
  readonly rejections: number;
  /** Those that it did not answer. What is neither was aborted, or has not left. */
  readonly timeouts: number;
  /**
   * The counters of the CoAP engine, summed over the endpoints: what did not get as far as the interfaces of LwM2M, such
   * as malformed datagrams (`formatErrors`), duplicates and bounds that were reached.
   */
  readonly coap: CoapStatistics;
}

/** The counters of {@link ServerStatistics}, without what is there at present: how often per second each went up. */
export type ServerRates = Omit<
  ServerStatistics,
  'uptimeMs' | 'registrations' | 'asleep' | 'observations' | 'queued' | 'waiting' | 'coap'
>;
type Counter = keyof ServerRates;

/** The counters behind {@link ServerStatistics}. */
export type Counters = Record<Counter, number>;

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
    bootstraps: 0,
    bootstrapFailures: 0,
    bootstrapPacks: 0,
    operations: 0,
    answers: 0,
    rejections: 0,
    timeouts: 0,
  };
}

/** What a Bootstrap-Server counted since it was made, and what it holds now. */
export interface BootstrapServerStatistics extends Pick<
  ServerStatistics,
  'uptimeMs' | 'bootstraps' | 'bootstrapFailures' | 'bootstrapPacks' | 'refusals' | 'coap'
> {
  /** Devices that are being bootstrapped. */
  readonly sessions: number;
}

/**
 * How often per second each counter went up between two snapshots of one server.
 *
 * @example
 * let earlier = server.statistics;
 * setInterval(() => {
 *   const later = server.statistics;
 *   console.log(ratesBetween(earlier, later).notifications, 'notifications per second');
 *   earlier = later;
 * }, 10_000);
 */
export function ratesBetween(earlier: ServerStatistics, later: ServerStatistics): ServerRates {
  const seconds = (later.uptimeMs - earlier.uptimeMs) / 1000;
  const rates = newCounters();
  if (seconds <= 0) return rates;
  for (const name of Object.keys(rates) as Counter[]) rates[name] = (later[name] - earlier[name]) / seconds;
  return rates;
}
