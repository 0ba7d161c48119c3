import { seededRandom } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { ConnectionIds } from '../../src/transport/connection-ids.ts';
import { keylessAssociation, lowerPeer } from './fake-association.ts';

const lower = lowerPeer('10.0.0.1');

describe('ConnectionIds', () => {
  test.each([1, 2, 6, 8, 20])('an ID of %d bytes finds its association, and no other one does', (length) => {
    const cids = new ConnectionIds(seededRandom(1), length);
    const taken = Array.from({ length: 10 }, () => cids.take());
    const associations = taken.map((cid, index) => keylessAssociation(`dtls:${index}`, lower, cid));
    for (const association of associations) expect(cids.bind(association.localCid!, association)).toBe(true);
    for (const association of associations) {
      const cid = association.localCid!;
      expect(cid).toHaveLength(length);
      expect(cids.find(Uint8Array.from(cid))).toBe(association);
      const other = Uint8Array.from(cid);
      other[length - 1]! ^= 0x80;
      expect(cids.find(other)).not.toBe(association);
      expect(cids.find(cid.subarray(1))).toBeUndefined();
      expect(cids.find(Uint8Array.of(...cid, 0))).toBeUndefined();
    }
  });

  test('an ID that a handshake has taken finds nothing, and nobody else gets it', () => {
    const cids = new ConnectionIds(seededRandom(1), 1);
    const taken = new Set<number>();
    for (let cid = cids.take(); cid !== undefined; cid = cids.take()) {
      expect(cids.find(cid)).toBeUndefined();
      taken.add(cid[0]!);
    }
    expect(taken.size).toBe(cids.size);
    expect(taken.size).toBeGreaterThan(150); // the search gives up before all are used
  });

  test('an ID that is released can be drawn again', () => {
    const cids = new ConnectionIds({ bytes: (length) => new Uint8Array(length), unit: () => 0 }, 4);
    const cid = cids.take()!;
    expect(cids.take()).toBeUndefined();
    cids.release(cid);
    expect(cids.take()).toEqual(cid);
  });

  test('an ID whose first bytes an association has is not bound to another one', () => {
    const cids = new ConnectionIds(seededRandom(1), 8);
    const first = keylessAssociation('dtls:1', lower, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    const second = keylessAssociation('dtls:2', lower, Uint8Array.of(1, 2, 3, 4, 5, 6, 9, 9));
    expect(cids.bind(first.localCid!, first)).toBe(true);
    expect(cids.bind(second.localCid!, second)).toBe(false);
    expect(cids.find(first.localCid!)).toBe(first);
    expect(cids.find(second.localCid!)).toBeUndefined();
  });
});
