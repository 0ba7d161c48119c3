import { describe, expect, it } from 'vitest';
import type { PeerIdentity } from '@flownexus/datagram';
import { Revocations } from '../../src/resumption/revocations.ts';

const psk = (identity: string): PeerIdentity => ({ kind: 'psk', identity });
const revocations = (maxIdentities = 2): Revocations => new Revocations({ maxIdentities, sessionMs: 1000 });

describe('Revocations', () => {
  it('revokes what began up to that moment, of one identity', () => {
    const revoked = revocations();
    revoked.revoke(psk('a'), 100);
    expect(revoked.isRevoked(psk('a'), 99)).toBe(true);
    expect(revoked.isRevoked(psk('a'), 100)).toBe(true);
    expect(revoked.isRevoked(psk('a'), 101)).toBe(false);
    expect(revoked.isRevoked(psk('b'), 99)).toBe(false);
  });

  it.each<{ what: string; revoked: PeerIdentity; other: PeerIdentity }>([
    {
      what: 'a certificate by its bytes, whatever its name',
      revoked: { kind: 'x509', certificate: Uint8Array.of(1), commonName: 'one' },
      other: { kind: 'x509', certificate: Uint8Array.of(2), commonName: 'one' },
    },
    {
      what: 'a raw key',
      revoked: { kind: 'rpk', publicKey: Uint8Array.of(1) },
      other: { kind: 'x509', certificate: Uint8Array.of(1), commonName: undefined },
    },
    { what: 'the nameless', revoked: { kind: 'anonymous' }, other: psk('') },
  ])('tells identities apart: $what', ({ revoked, other }) => {
    const all = revocations();
    all.revoke(revoked, 100);
    expect(all.isRevoked(revoked, 50)).toBe(true);
    expect(all.isRevoked(other, 50)).toBe(false);
  });

  it('takes everything as old as the one that it has to forget', () => {
    const revoked = revocations(2);
    revoked.revoke(psk('a'), 100);
    revoked.revoke(psk('b'), 200);
    revoked.revoke(psk('c'), 300);
    expect(revoked.size).toBe(2);
    expect(revoked.isRevoked(psk('a'), 50)).toBe(true);
    expect(revoked.isRevoked(psk('d'), 100)).toBe(true);
    expect(revoked.isRevoked(psk('d'), 101)).toBe(false);
    expect(revoked.isRevoked(psk('b'), 150)).toBe(true);
  });

  it('forgets what is older than any session', () => {
    const revoked = revocations(2);
    revoked.revoke(psk('a'), 100);
    revoked.revoke(psk('b'), 1100);
    expect(revoked.size).toBe(1);
    expect(revoked.isRevoked(psk('d'), 100)).toBe(false);
  });

  it('moves on when an identity is revoked again', () => {
    const revoked = revocations(2);
    revoked.revoke(psk('a'), 100);
    revoked.revoke(psk('b'), 200);
    revoked.revoke(psk('a'), 300);
    revoked.revoke(psk('c'), 400);
    expect(revoked.isRevoked(psk('a'), 300)).toBe(true);
    expect(revoked.isRevoked(psk('d'), 200)).toBe(true);
    expect(revoked.isRevoked(psk('d'), 201)).toBe(false);
  });

  it('revokes all', () => {
    const revoked = revocations();
    revoked.revoke(psk('a'), 100);
    revoked.revokeAll(200);
    expect(revoked.size).toBe(0);
    expect(revoked.isRevoked(psk('z'), 200)).toBe(true);
    expect(revoked.isRevoked(psk('z'), 201)).toBe(false);
  });
});
