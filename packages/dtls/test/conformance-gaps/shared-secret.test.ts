import { createECDH, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { ephemeralKey } from '../../src/crypto/ecdhe.ts';

test('a shared secret keeps its leading zeros (RFC 8422 §5.10)', () => {
  const ours = ephemeralKey(23);
  // One secret in 256 begins with a zero; that none of 10 000 does happens once in 10^17 runs.
  for (let round = 0; round < 10_000; round += 1) {
    const theirs = createECDH('prime256v1');
    theirs.setPrivateKey(randomBytes(31));
    const secret = ours.agree(theirs.getPublicKey());
    expect(secret).toHaveLength(32);
    if (secret[0] === 0) {
      expect(Buffer.from(secret)).toEqual(theirs.computeSecret(ours.point));
      return;
    }
  }
  throw new Error('no secret began with a zero');
});
