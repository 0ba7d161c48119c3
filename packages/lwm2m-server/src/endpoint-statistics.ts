/**
 * What was counted of one endpoint since it registered first, its further Registers included. When its registration ends otherwise than by another Register
 * it is forgotten, as it is when the server stops.
 */
export interface EndpointStatistics {
  readonly registers: number;
  readonly updates: number;
  /** Requests of the device that were refused. */
  readonly refusals: number;
  /** Sends whose values were handled. */
  readonly sends: number;
  /** Notifications whose values were handled, first answers included. */
  readonly notifications: number;
  /** Notifications that did not decode. */
  readonly undecodable: number;
  /** Downlink operations that had their turn, and observations that were asked for. */
  readonly operations: number;
  /** Those of them that the device answered, whatever it answered. */
  readonly answers: number;
  /** Those that it answered with 4.xx or 5.xx. */
  readonly rejections: number;
  /** Those that it did not answer. */
  readonly timeouts: number;
  /** When something came from it last, in milliseconds since 1970. */
  readonly lastHeardAt: number;
  /** What went wrong last: an operation, an observation, a notification or a request of the device. */
  readonly lastError: { readonly at: number; readonly message: string } | undefined;
}

/**
 * What of {@link EndpointStatistics} the endpoint itself does not know. One that has done nothing but register and update its registration has none:
 * there are many of these.
 */
export type EndpointTally = {
  -readonly [Name in Exclude<keyof EndpointStatistics, 'registers' | 'updates'>]: EndpointStatistics[Name];
};

/** The counters of an endpoint that was heard then, in milliseconds since 1970. */
export function newTally(heardAt: number): EndpointTally {
  return {
    refusals: 0,
    sends: 0,
    notifications: 0,
    undecodable: 0,
    operations: 0,
    answers: 0,
    rejections: 0,
    timeouts: 0,
    lastHeardAt: heardAt,
    lastError: undefined,
  };
}
