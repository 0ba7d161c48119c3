import type { DtlsStatistics } from '../api.ts';

/** What is counted; the rest of the statistics is what there is. */
export type DtlsCounters = {
  -readonly [Name in Exclude<keyof DtlsStatistics, 'associations' | 'handshakes'>]: number;
};

export function zeroCounters(): DtlsCounters {
  return {
    handshakesStarted: 0,
    handshakesCompleted: 0,
    handshakesResumed: 0,
    handshakesFailed: 0,
    helloVerifyRequests: 0,
    restored: 0,
    recordsReceived: 0,
    recordsSent: 0,
    recordsForged: 0,
    recordsReplayed: 0,
    recordsDropped: 0,
    addressChanges: 0,
    sendsRefused: 0,
    limits: 0,
    alertsSent: 0,
    alertsReceived: 0,
    callbackErrors: 0,
  };
}
