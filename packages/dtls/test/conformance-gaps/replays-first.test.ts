import { expect, test } from 'vitest';
import { AEADS, epochPair, soleRecord } from '../records/epoch-pair.ts';

test('a sequence number that was received is refused before anything is deciphered (RFC 6347 §4.1.2.6)', () => {
  const { client, server } = epochPair(AEADS[0]!);
  const record = soleRecord(client.seal(23, Uint8Array.of(1)));
  expect(server.open(record)).toBeDefined();
  const forged = record.fragment.map((byte) => byte ^ 1);
  expect(server.open({ ...record, fragment: forged })).toBeUndefined();
  expect([server.replayed, server.forged]).toEqual([1, 0]);
});
