import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeerIdentity } from '@flownexus/datagram';
import { CIPHER_SUITES } from '../../src/cipher-suites.ts';
import { decodeSession, encodeSession } from '../../src/resumption/session-codec.ts';
import { session } from './sessions.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const bytes = fc.uint8Array({ minLength: 1, maxLength: 600 });
const identity: fc.Arbitrary<PeerIdentity> = fc.oneof(
  fc.constant({ kind: 'anonymous' } as const),
  fc.record({ kind: fc.constant('psk' as const), identity: text }),
  fc.record({
    kind: fc.constant('x509' as const),
    certificate: bytes,
    commonName: fc.option(text, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('rpk' as const), publicKey: bytes }),
);
const anySession = fc.record({
  suite: fc.constantFrom(...CIPHER_SUITES),
  masterSecret: fc.uint8Array({ minLength: 48, maxLength: 48 }),
  extendedMasterSecret: fc.boolean(),
  encryptThenMac: fc.boolean(),
  identity,
  serverName: fc.option(text, { nil: undefined }),
  maxFragmentLength: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  startedAtMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
});

describe('session codec', () => {
  it('gives back every session', () => {
    fc.assert(
      fc.property(anySession, (one) => {
        expect(decodeSession(encodeSession(one))).toEqual(one);
      }),
    );
  });

  it('gives a session or undefined for arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
        expect(() => decodeSession(content)).not.toThrow();
      }),
    );
  });

  it('refuses what is cut short or too long', () => {
    const content = encodeSession(session());
    for (let length = 0; length < content.length; length += 1) {
      expect(decodeSession(content.subarray(0, length))).toBeUndefined();
    }
    expect(decodeSession(Uint8Array.of(...content, 0))).toBeUndefined();
  });

  it.each([
    { what: 'another version', offset: 0, value: 2 },
    { what: 'a suite that is not built', offset: 1, value: 0xff },
    { what: 'an unknown flag', offset: 3, value: 0x11 },
    { what: 'an unknown kind of identity', offset: 61, value: 4 },
    { what: 'an identity that is not UTF-8', offset: 64, value: 0xff },
  ])('refuses $what', ({ offset, value }) => {
    const content = encodeSession(session());
    content[offset] = value;
    expect(decodeSession(content)).toBeUndefined();
  });

  it('keeps a byte order mark, which makes another identity', () => {
    const marked = session({ identity: { kind: 'psk', identity: '\ufeffdevice' } });
    expect(decodeSession(encodeSession(marked))?.identity).toEqual({ kind: 'psk', identity: '\ufeffdevice' });
  });

  it('gives arrays of their own', () => {
    const content = encodeSession(session({ identity: { kind: 'rpk', publicKey: Uint8Array.of(1, 2, 3) } }));
    const decoded = decodeSession(content);
    content.fill(0xee);
    expect(decoded?.masterSecret[1]).toBe(1);
    expect(decoded?.masterSecret.buffer.byteLength).toBe(48);
    expect(decoded?.identity).toEqual({ kind: 'rpk', publicKey: Uint8Array.of(1, 2, 3) });
  });
});
