import { generateKeyPairSync, verify as nodeVerify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { chooseScheme, serverKeyExchangeData, sign, verify } from '../../src/crypto/signature.ts';
import { NAMED_GROUPS, SIGNATURE_SCHEMES } from '../../src/named-groups.ts';

const data = Uint8Array.of(1, 2, 3, 4);
const pairs = new Map(
  NAMED_GROUPS.map(({ nodeName }) => [nodeName, generateKeyPairSync('ec', { namedCurve: nodeName })]),
);
const cases = NAMED_GROUPS.flatMap(({ nodeName }) => SIGNATURE_SCHEMES.map(({ id, hash }) => ({ nodeName, id, hash })));

describe.each(cases)('$hash on $nodeName', ({ nodeName, id, hash }) => {
  const { privateKey, publicKey } = pairs.get(nodeName)!;
  const other = SIGNATURE_SCHEMES.find((scheme) => scheme.id !== id)!;

  test('signs so that others accept it', () => {
    const signature = sign(privateKey, id, data);
    expect(nodeVerify(hash, data, { key: publicKey, dsaEncoding: 'der' }, signature)).toBe(true);
    expect(verify(publicKey, id, data, signature)).toBe(true);
  });

  test('refuses other data, schemes and keys', () => {
    const signature = sign(privateKey, id, data);
    expect(verify(publicKey, id, data.subarray(1), signature)).toBe(false);
    expect(verify(publicKey, other.id, data, signature)).toBe(false);
    expect(verify(publicKey, 0x0401, data, signature)).toBe(false);
    const stranger = generateKeyPairSync('ec', { namedCurve: nodeName }).publicKey;
    expect(verify(stranger, id, data, signature)).toBe(false);
  });

  test('refuses what is no signature', () => {
    expect(verify(publicKey, id, data, new Uint8Array(0))).toBe(false);
    expect(verify(publicKey, id, data, new Uint8Array(72))).toBe(false);
    expect(verify(publicKey, id, data, sign(privateKey, id, data).subarray(1))).toBe(false);
  });
});

test('a key that is no elliptic curve key is refused, whatever it has signed', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signature = sign(rsa.privateKey, 0x0403, data);
  expect(nodeVerify('sha256', data, rsa.publicKey, signature)).toBe(true);
  expect(verify(rsa.publicKey, 0x0403, data, signature)).toBe(false);
});

test('a key of Edwards curves is refused', () => {
  const ed = generateKeyPairSync('ed25519');
  expect(verify(ed.publicKey, 0x0403, data, new Uint8Array(64))).toBe(false);
});

test('signing with a scheme that is not built is a mistake of the caller', () => {
  expect(() => sign(pairs.get('prime256v1')!.privateKey, 0x0203, data)).toThrow(RangeError);
});

describe('chooseScheme', () => {
  test.each([
    { peer: [0x0403], group: 23, expected: 0x0403 },
    { peer: [0x0503, 0x0403], group: 23, expected: 0x0403 },
    { peer: [0x0403, 0x0503], group: 24, expected: 0x0503 },
    { peer: [0x0403], group: 24, expected: 0x0403 },
    { peer: [0x0503], group: 23, expected: 0x0503 },
    { peer: [0x0401, 0x0203], group: 23, expected: undefined },
    { peer: [], group: 23, expected: undefined },
    { peer: undefined, group: 23, expected: 0x0403 },
    { peer: undefined, group: 24, expected: 0x0503 },
  ])('of $peer with group $group: $expected', ({ peer, group, expected }) => {
    expect(chooseScheme(peer, group)).toBe(expected);
  });
});

test('what a server signs is the randoms and the parameters in this order', () => {
  expect(serverKeyExchangeData(Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3, 4))).toEqual(
    Uint8Array.of(1, 2, 3, 4),
  );
});
