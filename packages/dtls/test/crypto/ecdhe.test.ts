import { createECDH } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ephemeralKey } from '../../src/crypto/ecdhe.ts';
import { NAMED_GROUPS } from '../../src/named-groups.ts';
import { fromHex, toHex } from '../hex.ts';

const illegal = expect.objectContaining({ name: 'DtlsError', alert: 'illegal_parameter' }) as Error;

describe.each(NAMED_GROUPS)('ephemeralKey on $name', ({ id, nodeName, pointSize }) => {
  test('agrees with another implementation', () => {
    const ours = ephemeralKey(id);
    const theirs = createECDH(nodeName);
    const theirPoint = theirs.generateKeys();
    expect(ours.group).toBe(id);
    expect(ours.point).toHaveLength(pointSize);
    expect(ours.point.buffer.byteLength).toBe(pointSize);
    const secret = ours.agree(theirPoint);
    expect(toHex(secret)).toBe(theirs.computeSecret(ours.point).toString('hex'));
    expect(secret).toHaveLength((pointSize - 1) / 2);
  });

  test('refuses points that are not on the curve', () => {
    const point = Uint8Array.from(ephemeralKey(id).point);
    point[pointSize - 1] = (point[pointSize - 1]! + 1) & 0xff;
    expect(() => ephemeralKey(id).agree(point)).toThrow(illegal);
    expect(() => ephemeralKey(id).agree(new Uint8Array(pointSize).fill(0, 1).fill(4, 0, 1))).toThrow(illegal);
  });

  test('refuses other forms of points', () => {
    const ours = ephemeralKey(id);
    const compressed = fromHex(createECDH(nodeName).generateKeys('hex', 'compressed'));
    const hybrid = fromHex(createECDH(nodeName).generateKeys('hex', 'hybrid'));
    expect(() => ours.agree(compressed)).toThrow(illegal);
    expect(() => ours.agree(hybrid)).toThrow(illegal);
    expect(() => ours.agree(new Uint8Array(1))).toThrow(illegal);
    expect(() => ours.agree(new Uint8Array(0))).toThrow(illegal);
    expect(() => ours.agree(ours.point.subarray(1))).toThrow(illegal);
  });

  test('makes a new pair each time', () => {
    expect(toHex(ephemeralKey(id).point)).not.toBe(toHex(ephemeralKey(id).point));
  });
});

test('a curve that is not built is an illegal parameter', () => {
  expect(() => ephemeralKey(29)).toThrow(illegal);
});
