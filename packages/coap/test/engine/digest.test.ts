import { expect, test } from 'vitest';
import { digest } from '../../src/engine/digest.ts';

test('the digest of a body stays what it was: it is the ETag that peers compare (RFC 7252 §5.10.6)', () => {
  const body = Uint8Array.from({ length: 1 << 20 }, (_, index) => index * 31 + 7);
  expect(Buffer.from(digest(body)).toString('hex')).toBe('c2dc9dc530fc5d1f');
  expect(Buffer.from(digest(new Uint8Array(0))).toString('hex')).toBe('811c9dc5050c5d1f');
});
