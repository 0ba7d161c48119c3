import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CIPHER_SUITES } from '../../src/cipher-suites.ts';
import {
  bytesEqual,
  extendedMasterSecret,
  masterSecret,
  prf,
  pskPremaster,
  trafficKeys,
  transcriptHash,
  verifyData,
} from '../../src/crypto/key-schedule.ts';
import { fromHex, toHex } from '../hex.ts';
import PRF_SHA256 from '../vectors/prf-sha256.json' with { type: 'json' };

const bytes = (length: number, first: number): Uint8Array => Uint8Array.from({ length }, (_, index) => first + index);
const clientRandom = bytes(32, 0);
const serverRandom = bytes(32, 100);

/** RFC 5246 §5 once more, in the form of its text. */
function pHash(secret: Uint8Array, label: string, seed: Uint8Array, length: number): string {
  const full = Buffer.concat([Buffer.from(label, 'ascii'), seed]);
  const hmac = (data: Uint8Array): Buffer => createHmac('sha256', secret).update(data).digest();
  let a = hmac(full);
  let output = '';
  while (output.length < 2 * length) {
    output += hmac(Buffer.concat([a, full])).toString('hex');
    a = hmac(a);
  }
  return output.slice(0, 2 * length);
}

describe('prf', () => {
  test('gives the published output', () => {
    const { secret, label, seed, output } = PRF_SHA256;
    const expected = fromHex(output);
    expect(toHex(prf(fromHex(secret), label, fromHex(seed), expected.length))).toBe(toHex(expected));
  });

  test.each([1, 12, 31, 32, 33, 48, 64, 96])('gives the first %i bytes of the same stream', (length) => {
    const { secret, label, seed, output } = PRF_SHA256;
    const given = prf(fromHex(secret), label, fromHex(seed), length);
    expect(toHex(given)).toBe(toHex(fromHex(output).subarray(0, length)));
    expect(given.buffer.byteLength).toBe(length);
  });
});

describe('pskPremaster', () => {
  test('is zeros as long as the key, and the key (RFC 4279 §2)', () => {
    expect(toHex(pskPremaster(fromHex('0a0b0c')))).toBe('0003000000' + '00030a0b0c');
  });

  test('is the shared secret and the key with ECDHE_PSK (RFC 5489 §2)', () => {
    expect(toHex(pskPremaster(fromHex('0a0b0c'), bytes(32, 1)))).toBe('0020' + toHex(bytes(32, 1)) + '00030a0b0c');
  });
});

describe('secrets', () => {
  const master = bytes(48, 7);

  test('the master secret is seeded with the randoms of client and server', () => {
    const seed = Buffer.concat([clientRandom, serverRandom]);
    const premaster = bytes(20, 9);
    expect(toHex(masterSecret(premaster, clientRandom, serverRandom))).toBe(
      pHash(premaster, 'master secret', seed, 48),
    );
  });

  test('the extended master secret is seeded with the session hash (RFC 7627 §4)', () => {
    const hash = bytes(32, 55);
    expect(toHex(extendedMasterSecret(master, hash))).toBe(pHash(master, 'extended master secret', hash, 48));
  });

  test.each(['client', 'server'] as const)('the %s has its own verify data', (role) => {
    const hash = bytes(32, 55);
    expect(toHex(verifyData(master, role, hash))).toBe(pHash(master, `${role} finished`, hash, 12));
  });

  test.each(CIPHER_SUITES)('the key block of $name is seeded with the randoms of server and client', (suite) => {
    const isCbc = suite.cipher === 'aes-128-cbc-sha256';
    const size = isCbc ? 96 : 40;
    const keys = trafficKeys(suite, master, clientRandom, serverRandom, true);
    const seed = Buffer.concat([serverRandom, clientRandom]);
    expect(toHex(keys.block)).toBe(pHash(master, 'key expansion', seed, size));
    expect(keys.block.buffer.byteLength).toBe(size);
    expect(keys.cipher).toBe(suite.cipher);
    expect(keys.encryptThenMac).toBe(isCbc);
    expect(trafficKeys(suite, master, clientRandom, serverRandom, false).encryptThenMac).toBe(false);
  });

  test('the transcript is the raw bytes of all messages in order', () => {
    const message = (raw: Uint8Array) => ({ type: 1, sequence: 0, raw, body: raw.subarray(12) });
    const first = bytes(15, 1);
    const second = bytes(20, 80);
    const expected = createHash('sha256').update(first).update(second).digest('hex');
    expect(toHex(transcriptHash([message(first), message(second)]))).toBe(expected);
    expect(toHex(transcriptHash([message(second), message(first)]))).not.toBe(expected);
  });
});

test('bytesEqual tells other bytes and other lengths', () => {
  expect(bytesEqual(bytes(12, 1), bytes(12, 1))).toBe(true);
  expect(bytesEqual(bytes(12, 1), bytes(12, 2))).toBe(false);
  expect(bytesEqual(bytes(12, 1), bytes(11, 1))).toBe(false);
  expect(bytesEqual(new Uint8Array(0), new Uint8Array(0))).toBe(true);
});
