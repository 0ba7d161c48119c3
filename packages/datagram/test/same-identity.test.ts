import { expect, test } from 'vitest';
import { ANONYMOUS, sameIdentity, type PeerIdentity } from '../src/index.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const different: readonly PeerIdentity[] = [
  ANONYMOUS,
  { kind: 'psk', identity: 'a' },
  { kind: 'psk', identity: 'b' },
  { kind: 'x509', certificate: bytes(1, 2), commonName: 'a' },
  { kind: 'x509', certificate: bytes(1, 3), commonName: 'a' },
  { kind: 'x509', certificate: bytes(1), commonName: 'a' },
  { kind: 'rpk', publicKey: bytes(1, 2) },
  { kind: 'rpk', publicKey: bytes(1, 2, 3) },
];

test('an identity is the same as itself in other arrays, and as no other one', () => {
  for (const [index, one] of different.entries()) {
    for (const [other, two] of different.entries()) {
      expect(sameIdentity(one, structuredClone(two))).toBe(index === other);
    }
  }
});
