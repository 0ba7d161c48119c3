import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/index.ts';
import { LINGER_MS } from '../../src/limits.ts';

const MINUTE_MS = 60_000;

test('times are those of the RFCs unless told otherwise', () => {
  // RFC 6347 §4.2.4.1
  expect(DEFAULT_LIMITS.firstRetransmissionMs).toBe(1_000);
  expect(DEFAULT_LIMITS.longestRetransmissionMs).toBeGreaterThanOrEqual(MINUTE_MS);
  // RFC 6347 §4.2.4: twice the two minutes of RFC 793 §3.3.
  expect(LINGER_MS).toBeGreaterThanOrEqual(4 * MINUTE_MS);
  // RFC 5246 §F.1.4
  expect(DEFAULT_LIMITS.sessionMs).toBeLessThanOrEqual(24 * 60 * MINUTE_MS);
});
