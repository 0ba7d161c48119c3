/** What an endpoint counted since it was made. */
export interface CoapStatistics {
  /** Datagrams received, and sent with retransmissions and replays. */
  readonly received: number;
  readonly sent: number;
  /** Datagrams that break RFC 7252 §3. */
  readonly formatErrors: number;
  /**
   * Well-formed messages that mean nothing: an Empty NON, an ACK with a request, a NON with a bad critical option; by a group
   * all but Non-confirmable requests.
   */
  readonly ignored: number;
  /** Messages whose Message ID was known. */
  readonly duplicates: number;
  readonly retransmissions: number;
  /** Confirmable messages given up on, and exchanges that nobody answered. */
  readonly timeouts: number;
  readonly resetsSent: number;
  readonly resetsReceived: number;
  /** Responses whose token nobody waits for; ACK and RST that belong to nothing. */
  readonly unmatched: number;
  /** Requests given to the handler. */
  readonly requests: number;
  /** Responses to requests that came by a group which were not sent, as they say nothing (RFC 7252 §8.2). */
  readonly suppressed: number;
  readonly notifications: number;
  /** Notifications whose further blocks could not be fetched. */
  readonly abandonedNotifications: number;
  /** Handlers and callbacks of the application that threw, rejected, or were too slow for a notification. */
  readonly handlerErrors: number;
  /** Times that a bound of limits.ts was in the way. */
  readonly limits: number;
}

/** The same, for the engine to count in. */
export type CoapCounters = { -readonly [Name in keyof CoapStatistics]: number };

export function zeroCounters(): CoapCounters {
  return {
    received: 0,
    sent: 0,
    formatErrors: 0,
    ignored: 0,
    duplicates: 0,
    retransmissions: 0,
    timeouts: 0,
    resetsSent: 0,
    resetsReceived: 0,
    unmatched: 0,
    requests: 0,
    suppressed: 0,
    notifications: 0,
    abandonedNotifications: 0,
    handlerErrors: 0,
    limits: 0,
  };
}

/** The sums of the counters of some endpoints. */
export function sumStatistics(all: Iterable<CoapStatistics>): CoapStatistics {
  const sum = zeroCounters();
  const names = Object.keys(sum) as (keyof CoapStatistics)[];
  for (const statistics of all) for (const name of names) sum[name] += statistics[name];
  return sum;
}
