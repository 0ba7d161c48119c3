import { expect, test } from 'vitest';
import {
  DEFAULT_TRANSMISSION_PARAMETERS,
  transmissionParameters,
  transmissionTimes,
} from '../../src/engine/transmission-parameters.ts';

test('the defaults give the times of RFC 7252 §4.8.2', () => {
  expect(transmissionTimes(DEFAULT_TRANSMISSION_PARAMETERS)).toEqual({
    maxTransmitSpanMs: 45_000,
    maxTransmitWaitMs: 93_000,
    processingDelayMs: 2000,
    maxRttMs: 202_000,
    exchangeLifetimeMs: 247_000,
    nonLifetimeMs: 145_000,
  });
});

test('some can be changed', () => {
  expect(transmissionParameters({ ackTimeoutMs: 15_000 })).toEqual({
    ...DEFAULT_TRANSMISSION_PARAMETERS,
    ackTimeoutMs: 15_000,
  });
});

test.each([
  { ackTimeoutMs: 0 },
  { ackTimeoutMs: Number.NaN },
  { ackRandomFactor: 0.9 },
  { maxRetransmit: -1 },
  { maxRetransmit: 1.5 },
  { nstart: 0 },
  { probingRate: 0 },
  { maxLatencyMs: Infinity },
  { leisureMs: -1 },
])('%o is out of range', (changes) => {
  expect(() => transmissionParameters(changes)).toThrow(RangeError);
});
