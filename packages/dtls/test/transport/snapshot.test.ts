import type { PeerIdentity } from '@flownexus/datagram';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DtlsError } from '../../src/errors.ts';
import { type AssociationSnapshot, decodeSnapshot, encodeSnapshot } from '../../src/transport/snapshot.ts';
import { dtlsErrorOf } from '../errors.ts';

const bytesOf = (min: number, max = min): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((array) => Uint8Array.from(array));
const text = fc.string({ unit: 'grapheme', maxLength: 60 });

const identity: fc.Arbitrary<PeerIdentity> = fc.oneof(
  fc.constant({ kind: 'anonymous' as const }),
  fc.record({ kind: fc.constant('psk' as const), identity: text }),
  fc.record({
    kind: fc.constant('x509' as const),
    certificate: bytesOf(1, 600),
    commonName: fc.option(text, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('rpk' as const), publicKey: bytesOf(91) }),
);

const snapshot: fc.Arbitrary<AssociationSnapshot> = fc.record({
  epoch: fc.record({
    role: fc.constantFrom('client' as const, 'server' as const),
    keys: fc.record({
      cipher: fc.constantFrom('aes-128-ccm-8' as const, 'aes-128-ccm' as const, 'aes-128-gcm' as const),
      block: bytesOf(40),
      encryptThenMac: fc.constant(false),
    }),
    localCid: bytesOf(0, 20),
    peerCid: bytesOf(0, 255),
    maxPlaintext: fc.integer({ min: 1, max: 16_384 }),
    writeSequence: fc.integer({ min: 0, max: 2 ** 48 }),
    readCeiling: fc.oneof(fc.integer({ min: -1, max: 2 ** 48 - 1 }), fc.constantFrom(-1, 2 ** 48 - 1)),
  }),
  identity,
  host: fc.oneof(fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 1, max: 65_535 }),
  pathValidated: fc.boolean(),
  heardAtWallMs: fc.integer({ min: 0, max: 2 ** 47 }),
});

describe('the snapshot of an association', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(snapshot, (one) => {
        expect(decodeSnapshot(encodeSnapshot(one))).toEqual(one);
      }),
    );
  });

  test('that was changed in any place is refused', () => {
    fc.assert(
      fc.property(snapshot, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, place, change) => {
        const bytes = encodeSnapshot(one);
        bytes[place % bytes.length]! ^= change;
        expect(dtlsErrorOf(() => decodeSnapshot(bytes)).code).toBe('ERR_DTLS_FORMAT');
      }),
    );
  });

  test('that is cut off or no snapshot at all is refused', () => {
    fc.assert(
      fc.property(snapshot, fc.nat(), (one, length) => {
        const bytes = encodeSnapshot(one);
        expect(() => decodeSnapshot(bytes.subarray(0, length % bytes.length))).toThrow(DtlsError);
      }),
    );
    fc.assert(
      fc.property(bytesOf(0, 200), (noise) => {
        expect(() => decodeSnapshot(noise)).toThrow(DtlsError);
      }),
    );
  });

  test('of another version is refused by its version, whatever follows', () => {
    expect(dtlsErrorOf(() => decodeSnapshot(Uint8Array.of(2, 1, 2, 3))).message).toContain('version');
  });
});
