import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DtlsError } from '../../src/errors.ts';
import { Reassembler } from '../../src/handshake/reassembler.ts';
import { statelessHello } from '../../src/handshake/stateless-hello.ts';
import { MAX_TRANSCRIPT } from '../../src/limits.ts';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { ContentType } from '../../src/records/record.ts';
import { CAPTURED_FLIGHTS } from '../support/captured-flights.ts';
import { mutated } from './mutations.ts';

const flights = CAPTURED_FLIGHTS.map(({ datagrams }) => datagrams.map(({ bytes }) => bytes));
/** All datagrams of one handshake, of both sides, some of which have been tampered with. */
const tampered = fc
  .constantFrom(...flights)
  .chain((datagrams) =>
    fc.tuple(
      ...datagrams.map((bytes) => fc.oneof({ weight: 2, arbitrary: fc.constant(bytes) }, mutated(fc.constant(bytes)))),
    ),
  );

test('captured handshakes that were tampered with give messages or a DtlsError, nothing else, and stay within bounds', () => {
  fc.assert(
    fc.property(tampered, (datagrams) => {
      const reassembler = new Reassembler(0);
      let given = 0;
      for (const record of datagrams.flatMap((bytes) => decodeRecords(bytes, 2))) {
        statelessHello(record);
        if (record.type !== ContentType.handshake) continue;
        try {
          reassembler.add(record.fragment);
        } catch (error) {
          expect(error).toBeInstanceOf(DtlsError);
        }
        for (let message = reassembler.next(); message !== undefined; message = reassembler.next()) {
          given += message.raw.length;
        }
        expect(given + reassembler.bytes).toBeLessThanOrEqual(MAX_TRANSCRIPT);
      }
    }),
    { numRuns: 300 },
  );
});
