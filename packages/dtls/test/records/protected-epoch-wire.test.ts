import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../hex.ts';
import { AEADS, CBCS, CID_USES, epochPair, keysOf, PROTECTIONS, SERVER_CID, soleRecord } from './epoch-pair.ts';
import {
  decryptCbc,
  independentAead,
  independentCbc,
  independentRecord,
  plaintextMac,
  rawCbc,
  type IndependentRecord,
} from './independent-record.ts';

const cases = PROTECTIONS.flatMap((protection) => CID_USES.map((cids) => ({ protection, ...cids })));
const content = Uint8Array.from({ length: 40 }, (_, index) => index);

describe.each(cases)(
  '$protection.cipher, encrypt-then-MAC $protection.encryptThenMac, $name',
  ({ protection, cids }) => {
    const keys = keysOf(protection);
    const isCbc = protection.cipher === 'aes-128-cbc-sha256';
    const ends = [
      { sender: 'client', cid: cids.server },
      { sender: 'server', cid: cids.client },
    ] as const;

    test.each(ends)('the $sender seals the bytes of the RFCs', ({ sender, cid }) => {
      for (const length of [0, 1, 14, 15, 16, 17, 40]) {
        const epoch = epochPair(protection, cids)[sender];
        for (let sequence = 0; sequence < 3; sequence += 1) {
          const sealed = epoch.seal(22, content.subarray(0, length));
          const ivBegin = 13 + (cid?.length ?? 0);
          const iv = isCbc ? { iv: sealed.subarray(ivBegin, ivBegin + 16) } : {};
          const expected = { sender, keys, type: 22, sequence, cid, content: content.subarray(0, length), ...iv };
          expect(toHex(sealed)).toBe(toHex(independentRecord(expected)));
        }
      }
    });

    test.each(ends)('opens the bytes of the RFCs that the $sender has sent', ({ sender, cid }) => {
      const receiver = epochPair(protection, cids)[sender === 'client' ? 'server' : 'client'];
      const options = fc.record({
        content: fc.uint8Array({ maxLength: 70 }),
        extraBlocks: fc.nat(14),
        zeros: fc.nat(40),
      });
      let sequence = 0;
      fc.assert(
        fc.property(options, (rest) => {
          const datagram = independentRecord({ sender, keys, type: 23, sequence: (sequence += 1), cid, ...rest });
          const opened = receiver.open(soleRecord(datagram, cid?.length ?? 0));
          expect(opened).toEqual({ type: 23, plaintext: rest.content, newest: true });
          expect(opened?.plaintext.buffer.byteLength).toBeLessThanOrEqual(rest.content.length + 1);
        }),
      );
    });
  },
);

describe('DTLSInnerPlaintext (RFC 9146 §4)', () => {
  const refused = [
    { name: 'zeros alone', inner: { type: 0, content: Uint8Array.of(), zeros: 5 } },
    { name: 'one zero', inner: { type: 0, content: Uint8Array.of(), zeros: 0 } },
    { name: 'a type that is not known', inner: { type: 24, content, zeros: 0 } },
    { name: 'a record with a Connection ID inside', inner: { type: 25, content, zeros: 0 } },
  ];
  const inside = PROTECTIONS.flatMap((protection) => refused.map((inner) => ({ protection, ...inner })));

  test.each(inside)('$protection.cipher: $name is refused and moves nothing', ({ protection, inner }) => {
    const record: IndependentRecord = {
      sender: 'client',
      keys: keysOf(protection),
      sequence: 9,
      cid: SERVER_CID,
      ...inner,
    };
    const { server } = epochPair(protection, { server: SERVER_CID });
    expect(server.open(soleRecord(independentRecord(record), 6))).toBeUndefined();
    const good = soleRecord(independentRecord({ ...record, type: 23, sequence: 0 }), 6);
    expect(server.open(good)?.newest).toBe(true);
  });

  test('the most padding that a record takes is cut off', () => {
    const protection = AEADS[0]!;
    const record: IndependentRecord = {
      sender: 'client',
      keys: keysOf(protection),
      type: 23,
      sequence: 0,
      cid: SERVER_CID,
      content,
      zeros: 18_000,
    };
    const { server } = epochPair(protection, { server: SERVER_CID });
    expect(server.open(soleRecord(independentRecord(record), 6))?.plaintext).toEqual(content);
  });
});

describe.each(AEADS)('an empty record of $cipher', (protection) => {
  const keys = keysOf(protection);
  const empty: IndependentRecord = { sender: 'client', keys, type: 23, sequence: 4, content: Uint8Array.of() };

  test('is taken when it is authentic', () => {
    const { server } = epochPair(protection);
    const opened = server.open(soleRecord(independentAead(empty)));
    expect(opened).toEqual({ type: 23, plaintext: Uint8Array.of(), newest: true });
  });

  test('is refused when its tag is forged', () => {
    const { server } = epochPair(protection);
    const datagram = independentAead(empty);
    for (let index = 13 + 8; index < datagram.length; index += 1) {
      const forged = Uint8Array.from(datagram);
      forged[index] = (forged[index] ?? 0) ^ 0x55;
      expect(server.open(soleRecord(forged))).toBeUndefined();
      // At the end of its memory, as a datagram that was cut to its size.
      const record = soleRecord(forged);
      expect(server.open({ ...record, fragment: record.fragment.slice() })).toBeUndefined();
    }
    expect(server.forged).toBe(2 * (datagram.length - 21));
    expect(server.open(soleRecord(independentAead({ ...empty, sequence: 0 })))?.newest).toBe(true);
  });

  test('has at least a type with a Connection ID', () => {
    const cid = SERVER_CID;
    const { server } = epochPair(protection, { server: cid });
    const record = soleRecord(independentAead({ ...empty, cid }), cid.length);
    const tagOnly = { ...record, fragment: new Uint8Array(record.fragment.length - 1) };
    expect(server.open(tagOnly)).toBeUndefined();
    expect(server.forged).toBe(1);
  });
});

test('GCM takes the explicit nonce from the record (RFC 5288 §3)', () => {
  const protection = AEADS[2]!;
  const { server } = epochPair(protection);
  const record: IndependentRecord = { sender: 'client', keys: keysOf(protection), type: 23, sequence: 4, content };
  const datagram = independentAead(record, Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2));
  expect(server.open(soleRecord(datagram))?.plaintext).toEqual(content);
});

describe('CBC', () => {
  const [encryptThenMac, macThenEncrypt] = CBCS as [(typeof CBCS)[0], (typeof CBCS)[0]];

  test.each([0, 1, 5, 15])('wrong padding behind a good MAC is refused (%i bytes of content)', (length) => {
    const short = content.subarray(0, length);
    const record: IndependentRecord = {
      sender: 'client',
      keys: keysOf(macThenEncrypt),
      type: 23,
      sequence: 0,
      content: short,
    };
    const size = 16 - (length % 16);
    const blocks = (padding: Uint8Array): Uint8Array => Uint8Array.of(...short, ...plaintextMac(record), ...padding);
    const { server } = epochPair(macThenEncrypt);
    const good = new Uint8Array(size).fill(size - 1);
    for (let index = 0; index < size; index += 1) {
      const bad = good.with(index, size + 40);
      expect(server.open(soleRecord(rawCbc(record, blocks(bad))))).toBeUndefined();
    }
    expect(server.open(soleRecord(rawCbc(record, blocks(new Uint8Array(size).fill(255)))))).toBeUndefined();
    expect(server.forged).toBe(size + 1);
    expect(server.open(soleRecord(rawCbc(record, blocks(good))))?.plaintext).toEqual(short);
  });

  test('a MAC of something else behind good padding is refused', () => {
    const record: IndependentRecord = {
      sender: 'client',
      keys: keysOf(macThenEncrypt),
      type: 23,
      sequence: 0,
      content,
    };
    const { server } = epochPair(macThenEncrypt);
    const mac = plaintextMac({ ...record, type: 22 });
    expect(
      server.open(soleRecord(rawCbc(record, Uint8Array.of(...content, ...mac, ...new Uint8Array(8).fill(7))))),
    ).toBeUndefined();
    expect(server.forged).toBe(1);
  });

  test('one kind of MAC does not pass for the other', () => {
    for (const [ours, theirs] of [CBCS, [macThenEncrypt, encryptThenMac]] as const) {
      const { server } = epochPair(ours);
      const record: IndependentRecord = { sender: 'client', keys: keysOf(theirs), type: 23, sequence: 0, content };
      expect(server.open(soleRecord(independentCbc(record)))).toBeUndefined();
    }
  });

  test('what is encrypted is content, MAC and padding', () => {
    const { client } = epochPair(macThenEncrypt);
    const record: IndependentRecord = {
      sender: 'client',
      keys: keysOf(macThenEncrypt),
      type: 23,
      sequence: 0,
      content,
    };
    const { fragment } = soleRecord(client.seal(23, content));
    const blocks = decryptCbc(record, fragment.subarray(0, 16), fragment.subarray(16));
    expect(toHex(blocks)).toBe(toHex(content) + toHex(plaintextMac(record)) + '07'.repeat(8));
  });
});
