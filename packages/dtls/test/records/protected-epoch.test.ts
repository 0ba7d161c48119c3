import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_RECENT_KEYS } from '../../src/limits.ts';
import { ProtectedEpoch } from '../../src/records/protected-epoch.ts';
import { decodeRecords } from '../../src/records/record-codec.ts';
import {
  CID_USES,
  epochPair,
  keysOf,
  PROTECTIONS,
  SERVER_CID,
  CLIENT_CID,
  soleRecord,
  AEADS,
  CBCS,
} from './epoch-pair.ts';

const cases = PROTECTIONS.flatMap((protection) => CID_USES.map((cids) => ({ protection, ...cids })));
const limit = expect.objectContaining({ name: 'DtlsError', code: 'ERR_DTLS_LIMIT' }) as Error;
const content = Uint8Array.of(1, 2, 3, 0, 0);
const CCM_8 = { cipher: 'aes-128-ccm-8', encryptThenMac: false } as const;

describe.each(cases)(
  '$protection.cipher, encrypt-then-MAC $protection.encryptThenMac, $name',
  ({ protection, cids }) => {
    const serverCidLength = cids.server?.length ?? 0;
    const clientCidLength = cids.client?.length ?? 0;

    test('opens what the other end has sealed', () => {
      const { client, server } = epochPair(protection, cids);
      const type = fc.constantFrom(20, 21, 22, 23);
      fc.assert(
        fc.property(type, fc.uint8Array({ maxLength: 100 }), fc.boolean(), (kind, plaintext, up) => {
          const [from, to, cidLength] = up ? [client, server, serverCidLength] : [server, client, clientCidLength];
          const sequence = from.writeSequence;
          const datagram = from.seal(kind, plaintext);
          expect(datagram.length - plaintext.length).toBeLessThanOrEqual(from.recordOverhead);
          const record = soleRecord(datagram, cidLength);
          expect(record).toMatchObject({ epoch: 1, sequence, version: 0xfefd, type: cidLength > 0 ? 25 : kind });
          expect(to.open(record)).toEqual({ type: kind, plaintext, newest: true });
          expect(from.writeSequence).toBe(sequence + 1);
        }),
      );
      expect([client.forged, server.forged, client.replayed, server.replayed]).toEqual([0, 0, 0, 0]);
    });

    test('gives bytes of their own', () => {
      const { client, server } = epochPair(protection, cids);
      const datagram = client.seal(23, content);
      const opened = server.open(soleRecord(datagram, serverCidLength));
      datagram.fill(0xee);
      expect(opened?.plaintext).toEqual(content);
      expect(opened?.plaintext.buffer.byteLength).toBeLessThanOrEqual(content.length + 1);
      expect(datagram.buffer.byteLength).toBe(datagram.length);
    });

    test('refuses every bit that is flipped', () => {
      const { client, server } = epochPair(protection, cids);
      const datagram = client.seal(23, content);
      for (let bit = 0; bit < 8 * datagram.length; bit += 1) {
        const changed = datagram.with(bit >> 3, (datagram[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
        for (const record of decodeRecords(changed, serverCidLength)) expect(server.open(record)).toBeUndefined();
      }
      expect(server.forged).toBeGreaterThan(8 * (datagram.length - 13 - serverCidLength));
      expect(server.open(soleRecord(datagram, serverCidLength))?.plaintext).toEqual(content);
    });

    test('refuses every length that is shorter', () => {
      const { client, server } = epochPair(protection, cids);
      const record = soleRecord(client.seal(23, content), serverCidLength);
      for (let length = 0; length < record.fragment.length; length += 1) {
        expect(server.open({ ...record, fragment: record.fragment.subarray(0, length) })).toBeUndefined();
      }
      expect(server.forged).toBe(record.fragment.length);
    });

    test('opens a record again for a look, whatever was received, and remembers nothing', () => {
      const { client, server } = epochPair(protection, cids);
      const datagram = client.seal(22, content);
      const record = soleRecord(datagram, serverCidLength);
      const forged = soleRecord(datagram.with(-1, (datagram.at(-1) ?? 0) ^ 1), serverCidLength);
      for (let count = 0; count < 2; count += 1) {
        expect(server.reopen(record)).toEqual({ type: 22, plaintext: content });
        expect(server.reopen(forged)).toBeUndefined();
        expect(server.reopen({ ...record, epoch: 2 })).toBeUndefined();
        expect([server.forged, server.replayed]).toEqual([0, 0]);
        expect(server.open(record)?.plaintext).toEqual(count === 0 ? content : undefined);
      }
    });

    test('takes a record once, in any order, and tells the newest', () => {
      const { client, server } = epochPair(protection, cids);
      const records = [0, 1, 2].map((byte) => soleRecord(client.seal(23, Uint8Array.of(byte)), serverCidLength));
      const [first, second, third] = records as [(typeof records)[0], (typeof records)[0], (typeof records)[0]];
      expect(server.open(second)?.newest).toBe(true);
      expect(server.open(first)?.newest).toBe(false);
      expect(server.open(third)?.newest).toBe(true);
      for (const record of records) expect(server.open(record)).toBeUndefined();
      expect(server.replayed).toBe(3);
      expect(server.forged).toBe(0);
    });

    test('a forged record moves nothing', () => {
      const { client, server } = epochPair(protection, cids);
      const record = soleRecord(client.seal(23, content), serverCidLength);
      expect(server.open({ ...record, sequence: 1_000_000 })).toBeUndefined();
      expect(server.open(record)?.newest).toBe(true);
    });

    test('refuses its own records', () => {
      const { client } = epochPair(protection, cids);
      const record = soleRecord(client.seal(23, content), serverCidLength);
      const { client: same } = epochPair(protection, {
        client: cids.server ?? Uint8Array.of(),
        server: cids.client ?? Uint8Array.of(),
      });
      expect(same.open(record)).toBeUndefined();
      expect(same.forged).toBe(1);
    });

    test('is for epoch 1', () => {
      const { client, server } = epochPair(protection, cids);
      const record = soleRecord(client.seal(23, content), serverCidLength);
      for (const epoch of [0, 2, 0xffff]) expect(server.open({ ...record, epoch })).toBeUndefined();
      expect(server.forged).toBe(0);
    });

    test('takes no more plaintext than was agreed, and gives none that is too long', () => {
      const { client, server } = epochPair(protection, cids, 16_385);
      const largest = new Uint8Array(16_384).fill(7);
      expect(server.open(soleRecord(client.seal(23, largest), serverCidLength))?.plaintext).toEqual(largest);
      const tooLong = new Uint8Array(16_385).fill(7);
      expect(server.open(soleRecord(client.seal(23, tooLong), serverCidLength))).toBeUndefined();
      expect(() => client.seal(23, new Uint8Array(16_386))).toThrow(limit);
      expect(() => epochPair(protection, cids, 100).client.seal(23, new Uint8Array(101))).toThrow(limit);
      expect(epochPair(protection, cids, 100).client.seal(23, new Uint8Array(100)).length).toBeGreaterThan(100);
    });
  },
);

test.each(AEADS)('many associations of $cipher in turn use their own keys', ({ cipher }) => {
  const pairs = Array.from({ length: MAX_RECENT_KEYS + 10 }, (_, index) => {
    const keys = keysOf({ cipher, encryptThenMac: false });
    keys.block[index % 32] = index >> 5;
    const common = { keys, localCid: undefined, peerCid: undefined, maxPlaintext: 100 };
    return {
      client: new ProtectedEpoch({ ...common, role: 'client' }),
      server: new ProtectedEpoch({ ...common, role: 'server' }),
    };
  });
  for (let round = 0; round < 2; round += 1) {
    for (const { client, server } of pairs) {
      const request = soleRecord(client.seal(23, content));
      expect(server.open(request)?.plaintext).toEqual(content);
      expect(client.open(soleRecord(server.seal(23, content)))?.plaintext).toEqual(content);
    }
  }
  const [first, second] = pairs;
  expect(second?.server.open(soleRecord(first!.client.seal(23, content)))).toBeUndefined();
});

describe('the form that was agreed', () => {
  const classic = epochPair(CCM_8);
  const withCid = epochPair(CCM_8, { client: CLIENT_CID, server: SERVER_CID });

  test('with a Connection ID classic records are refused', () => {
    expect(withCid.server.open(soleRecord(classic.client.seal(23, content)))).toBeUndefined();
    expect(withCid.server.forged).toBe(0);
  });

  test.each([undefined, Uint8Array.of()])('without one those that have one are refused', (server) => {
    const { server: epoch } = epochPair(CCM_8, { client: CLIENT_CID, ...(server && { server }) });
    expect(epoch.open(soleRecord(withCid.client.seal(23, content), SERVER_CID.length))).toBeUndefined();
    expect(epoch.forged).toBe(0);
    expect(epoch.open(soleRecord(classic.client.seal(23, content)))).toBeDefined();
  });

  test('another Connection ID is refused', () => {
    const other = epochPair(CCM_8, { client: CLIENT_CID, server: SERVER_CID.with(5, 0) });
    const longer = epochPair(CCM_8, { client: CLIENT_CID, server: Uint8Array.of(...SERVER_CID, 0) });
    expect(withCid.server.open(soleRecord(other.client.seal(23, content), 6))).toBeUndefined();
    expect(withCid.server.open(soleRecord(longer.client.seal(23, content), 7))).toBeUndefined();
    expect(withCid.server.forged).toBe(0);
  });
});

describe('sequence numbers', () => {
  const start = (protection: (typeof AEADS)[number], writeSequence: number): ProtectedEpoch =>
    ProtectedEpoch.restore({
      role: 'client',
      keys: keysOf(protection),
      localCid: undefined,
      peerCid: undefined,
      maxPlaintext: 16_384,
      writeSequence,
      readCeiling: -1,
    });

  test.each(AEADS)('no two records of $cipher have the same explicit nonce', (protection) => {
    const nonces = new Set<string>();
    for (const first of [0, 2 ** 31 - 500, 2 ** 32 - 500, 2 ** 48 - 1000]) {
      const epoch = start(protection, first);
      for (let count = 0; count < 1000; count += 1) {
        const { fragment, sequence } = soleRecord(epoch.seal(23, Uint8Array.of()));
        const nonce = Buffer.from(fragment.subarray(0, 8)).toString('hex');
        expect(nonce).toBe('0001' + sequence.toString(16).padStart(12, '0'));
        nonces.add(nonce);
      }
    }
    expect(nonces.size).toBe(4000);
  });

  test.each(CBCS)('no two records of $cipher have the same IV', (protection) => {
    const { client } = epochPair(protection);
    const ivs = new Set<string>();
    for (let count = 0; count < 200; count += 1) {
      ivs.add(Buffer.from(soleRecord(client.seal(23, content)).fragment.subarray(0, 16)).toString('hex'));
    }
    expect(ivs.size).toBe(200);
  });

  test('end at 2^48 - 1', () => {
    const epoch = start(CCM_8, 2 ** 48 - 1);
    const record = soleRecord(epoch.seal(23, content));
    expect(record.sequence).toBe(2 ** 48 - 1);
    expect(() => epoch.seal(23, content)).toThrow(limit);
    expect(epochPair(CCM_8).server.open(record)?.plaintext).toEqual(content);
  });
});

test('a key block of the wrong size is a mistake of the caller', () => {
  const keys = { ...keysOf(CCM_8), block: new Uint8Array(96) };
  const options = { role: 'client', keys, localCid: undefined, peerCid: undefined, maxPlaintext: 1 } as const;
  expect(() => new ProtectedEpoch(options)).toThrow(RangeError);
  const long = new Uint8Array(256);
  expect(() => new ProtectedEpoch({ ...options, keys: keysOf(CCM_8), peerCid: long })).toThrow(RangeError);
  expect(() => new ProtectedEpoch({ ...options, keys: keysOf(CCM_8), localCid: long })).toThrow(RangeError);
});

describe('snapshot and restore', () => {
  test.each(AEADS)('$cipher goes on where it was, without what may have been received', (protection) => {
    const { client, server } = epochPair(protection, { client: CLIENT_CID, server: SERVER_CID });
    const records = Array.from({ length: 5 }, (_, byte) => soleRecord(client.seal(23, Uint8Array.of(byte)), 6));
    server.open(records[0]!);
    server.open(records[2]!);
    server.seal(23, content);
    const snapshot = server.snapshot()!;
    expect(snapshot).toMatchObject({ role: 'server', writeSequence: 1, readCeiling: 2, localCid: SERVER_CID });
    expect(snapshot).toMatchObject({ peerCid: CLIENT_CID, keys: keysOf(protection), maxPlaintext: 16_384 });
    const restored = ProtectedEpoch.restore({ ...snapshot, writeSequence: 4096 });
    expect(records.map((record) => restored.open(record)?.newest)).toEqual([
      undefined,
      undefined,
      undefined,
      true,
      true,
    ]);
    expect(restored.writeSequence).toBe(4096);
    const record = soleRecord(restored.seal(23, content), 2);
    expect(record.sequence).toBe(4096);
    expect(client.open(record)?.plaintext).toEqual(content);
  });

  test('a snapshot shares nothing with the epoch', () => {
    const { server, client } = epochPair(CCM_8, { server: SERVER_CID });
    const snapshot = server.snapshot()!;
    snapshot.keys.block.fill(0);
    snapshot.localCid?.fill(0);
    expect(server.open(soleRecord(client.seal(23, content), 6))?.plaintext).toEqual(content);
  });

  test.each(CBCS)('there is none of $cipher', (protection) => {
    expect(epochPair(protection).client.snapshot()).toBeUndefined();
  });
});
