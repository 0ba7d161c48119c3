import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_PLAINTEXT, MAX_RECORDS_PER_DATAGRAM } from '../../src/limits.ts';
import { decodeRecords, encodePlainRecord } from '../../src/records/record-codec.ts';
import { fromHex, toHex } from '../hex.ts';

const PLAIN = '16 fefd 0000 000000000005 0003 aabbcc';
const PROTECTED = '17 fefd 0001 800000000007 0002 0102';
const WITH_CID = '19 fefd 0001 000000000007 c1c2c3 0002 0102';

function decodeHex(text: string, cidLength = 0) {
  return decodeRecords(fromHex(text), cidLength).map(({ cid, fragment, ...rest }) => ({
    ...rest,
    cid: cid && toHex(cid),
    fragment: toHex(fragment),
  }));
}

const plain = { type: 22, version: 0xfefd, epoch: 0, sequence: 5, cid: undefined, fragment: 'aabbcc' };
const protectedRecord = {
  type: 23,
  version: 0xfefd,
  epoch: 1,
  sequence: 0x8000_0000_0007,
  cid: undefined,
  fragment: '0102',
};
const withCid = { type: 25, version: 0xfefd, epoch: 1, sequence: 7, cid: 'c1c2c3', fragment: '0102' };

describe('decodeRecords', () => {
  test('reads all records of a datagram', () => {
    expect(decodeHex(PLAIN)).toEqual([plain]);
    expect(decodeHex(`${PLAIN}${PROTECTED}${PLAIN}`)).toEqual([plain, protectedRecord, plain]);
    expect(decodeHex('')).toEqual([]);
  });

  test('reads Connection IDs of the length that is ours', () => {
    expect(decodeHex(`${WITH_CID}${PLAIN}${WITH_CID}`, 3)).toEqual([withCid, plain, withCid]);
    expect(decodeHex(PROTECTED, 3)).toEqual([protectedRecord]);
  });

  test('reads records without content', () => {
    expect(decodeHex('17 fefd 0001 000000000000 0000')).toEqual([
      { type: 23, version: 0xfefd, epoch: 1, sequence: 0, cid: undefined, fragment: '' },
    ]);
  });

  test('takes any version of DTLS in epoch 0 only (RFC 5246 §E.1)', () => {
    for (const version of [0xfeff, 0xfefe, 0xfefc, 0xfe00]) {
      const other = `16 ${version.toString(16)} 0000 000000000005 0003 aabbcc`;
      expect(decodeHex(`${other}${PLAIN}`)).toEqual([{ ...plain, version }, plain]);
    }
    expect(decodeHex(`${PLAIN} 17 fefc 0001 000000000007 0002 0102 ${PLAIN}`)).toEqual([plain]);
    expect(decodeHex(`${PLAIN} 17 feff 0001 000000000007 0002 0102 ${PLAIN}`)).toEqual([plain]);
  });

  test.each([
    ['another version', `16 0303 0000 000000000005 0003 aabbcc ${PLAIN}`],
    ['a header that is cut off', '16 fefd 0000 000000000005 00'],
    ['a fragment that is cut off', '16 fefd 0000 000000000005 0003 aabb'],
    ['a Connection ID while there is none', `${WITH_CID}${PLAIN}`],
    ['too much ciphertext', `17 fefd 0001 000000000007 4801 ${'00'.repeat(0x4801)} ${PLAIN}`],
  ])('drops the rest behind %s', (_, rest) => {
    expect(decodeHex(`${PROTECTED}${rest}`)).toEqual([protectedRecord]);
  });

  test('takes the most ciphertext there may be', () => {
    expect(decodeHex(`17 fefd 0001 000000000007 4800 ${'00'.repeat(0x4800)}`)).toHaveLength(1);
  });

  test.each([
    ['of an unknown type', `18 fefd 0001 000000000007 0002 0102`],
    ['of an unknown type', `1b fefd 0001 000000000007 0002 0102`],
    ['with a Connection ID in epoch 0', `19 fefd 0000 000000000007 c1c2c3 0002 0102`],
  ])('skips records %s', (_, skipped) => {
    expect(decodeHex(`${PLAIN}${skipped}${PROTECTED}`, 3)).toEqual([plain, protectedRecord]);
  });

  test('looks at a bounded number of records', () => {
    const empty = '17 fefd 0001 000000000000 0000';
    expect(decodeHex(empty.repeat(5000))).toHaveLength(MAX_RECORDS_PER_DATAGRAM);
    const unknown = '18 fefd 0001 000000000000 0000';
    expect(decodeHex(unknown.repeat(MAX_RECORDS_PER_DATAGRAM) + PLAIN)).toEqual([]);
  });

  const prefix = fc.constantFrom('', PLAIN, PROTECTED, WITH_CID, '19fefd0001', '16fefd0000');
  test('throws at nothing and gives views that lie inside', () => {
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 80 }), fc.nat(20), (front, tail, cidLength) => {
        const bytes = Uint8Array.of(...fromHex(front), ...tail);
        const datagram = new Uint8Array(bytes.length + 40).fill(0xee).subarray(20, 20 + bytes.length);
        datagram.set(bytes);
        let end = datagram.byteOffset;
        for (const { cid, fragment, sequence } of decodeRecords(datagram, cidLength)) {
          expect(fragment.buffer).toBe(datagram.buffer);
          expect(fragment.byteOffset).toBeGreaterThanOrEqual(end + 13);
          end = fragment.byteOffset + fragment.length;
          expect(end).toBeLessThanOrEqual(datagram.byteOffset + datagram.length);
          expect(Number.isSafeInteger(sequence)).toBe(true);
          if (cid) expect(cid).toHaveLength(cidLength);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('encodePlainRecord', () => {
  test('gives what decodeRecords reads', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(20, 21, 22),
        fc.maxSafeNat().map((n) => n % 2 ** 48),
        fc.uint8Array(),
        (type, sequence, fragment) => {
          const record = encodePlainRecord(type, sequence, fragment);
          expect(decodeRecords(record, 0)).toEqual([
            { type, version: 0xfefd, epoch: 0, sequence, cid: undefined, fragment },
          ]);
        },
      ),
    );
    expect(toHex(encodePlainRecord(22, 5, Uint8Array.of(1), 0xfeff))).toBe('16feff0000000000000005000101');
  });

  test('ends with the sequence numbers', () => {
    const limit = expect.objectContaining({ name: 'DtlsError', code: 'ERR_DTLS_LIMIT' }) as Error;
    expect(encodePlainRecord(22, 2 ** 48 - 1, Uint8Array.of())).toHaveLength(13);
    expect(() => encodePlainRecord(22, 2 ** 48, Uint8Array.of())).toThrow(limit);
    expect(encodePlainRecord(22, 0, new Uint8Array(MAX_PLAINTEXT))).toHaveLength(13 + MAX_PLAINTEXT);
    expect(() => encodePlainRecord(22, 0, new Uint8Array(MAX_PLAINTEXT + 1))).toThrow(limit);
  });
});
