/** The parameters of RFC 7252 §4.8 that a network class may change. */
export interface TransmissionParameters {
  /** ACK_TIMEOUT in milliseconds. Default 2000; NB-IoT wants 15 000 and more. */
  readonly ackTimeoutMs: number;
  /** ACK_RANDOM_FACTOR, 1 or more. Default 1.5. */
  readonly ackRandomFactor: number;
  /** MAX_RETRANSMIT. Default 4. */
  readonly maxRetransmit: number;
  /** NSTART: outstanding interactions with one peer. Default 1. */
  readonly nstart: number;
  /** PROBING_RATE in bytes per second towards a peer that does not answer. Default 1. */
  readonly probingRate: number;
  /** MAX_LATENCY in milliseconds. Default 100 000. */
  readonly maxLatencyMs: number;
  /** DEFAULT_LEISURE in milliseconds: a response to a request that came by a group is sent within this time. Default 5000. */
  readonly leisureMs: number;
}

/** What follows from the parameters (RFC 7252 §4.8.2), in milliseconds. */
export interface TransmissionTimes {
  /** First transmission to last retransmission. 45 s by default. */
  readonly maxTransmitSpanMs: number;
  /** First transmission to giving up. 93 s. */
  readonly maxTransmitWaitMs: number;
  /** PROCESSING_DELAY: the time a peer takes to acknowledge. 2 s. */
  readonly processingDelayMs: number;
  /** MAX_RTT. 202 s. */
  readonly maxRttMs: number;
  /** How long the Message ID of a Confirmable message must not be used again. 247 s. */
  readonly exchangeLifetimeMs: number;
  /** How long the Message ID of a Non-confirmable message must not be used again. 145 s. */
  readonly nonLifetimeMs: number;
}

/** The defaults of RFC 7252 §4.8. */
export const DEFAULT_TRANSMISSION_PARAMETERS: TransmissionParameters = Object.freeze({
  ackTimeoutMs: 2000,
  ackRandomFactor: 1.5,
  maxRetransmit: 4,
  nstart: 1,
  probingRate: 1,
  maxLatencyMs: 100_000,
  leisureMs: 5000,
});

/** The defaults with some of them replaced. Throws `RangeError` for a value out of its range. */
export function transmissionParameters(changes: Partial<TransmissionParameters> = {}): TransmissionParameters {
  const parameters = { ...DEFAULT_TRANSMISSION_PARAMETERS, ...changes };
  check('ackTimeoutMs', parameters.ackTimeoutMs, 1, 3_600_000);
  check('ackRandomFactor', parameters.ackRandomFactor, 1, 10);
  check('maxRetransmit', parameters.maxRetransmit, 0, 20, true);
  check('nstart', parameters.nstart, 1, 1024, true);
  check('probingRate', parameters.probingRate, 0.001, 1e9);
  check('maxLatencyMs', parameters.maxLatencyMs, 1, 86_400_000);
  check('leisureMs', parameters.leisureMs, 0, 3_600_000);
  return parameters;
}

/** The derived times (RFC 7252 §4.8.2). */
export function transmissionTimes(parameters: TransmissionParameters): TransmissionTimes {
  const { ackTimeoutMs, ackRandomFactor, maxRetransmit, maxLatencyMs } = parameters;
  const maxTransmitSpanMs = ackTimeoutMs * (2 ** maxRetransmit - 1) * ackRandomFactor;
  const processingDelayMs = ackTimeoutMs;
  return {
    maxTransmitSpanMs,
    maxTransmitWaitMs: ackTimeoutMs * (2 ** (maxRetransmit + 1) - 1) * ackRandomFactor,
    processingDelayMs,
    maxRttMs: 2 * maxLatencyMs + processingDelayMs,
    exchangeLifetimeMs: maxTransmitSpanMs + 2 * maxLatencyMs + processingDelayMs,
    nonLifetimeMs: maxTransmitSpanMs + maxLatencyMs,
  };
}

function check(name: string, value: number, minimum: number, maximum: number, integer = false): void {
  if (!(value >= minimum && value <= maximum) || (integer && !Number.isInteger(value))) {
    throw new RangeError(`${name} is ${integer ? 'an integer' : 'a number'} of ${minimum} to ${maximum}, not ${value}`);
  }
}
