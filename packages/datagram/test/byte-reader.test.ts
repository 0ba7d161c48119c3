import { ByteRangeError, ByteReader } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';

const fields = Uint8Array.of(
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
  17,
  18,
  19,
  20,
  21,
  22,
  23,
  24,
  25,
  26,
);

describe('ByteReader', () => {
  test('reads big-endian fields in order', () => {
    const reader = new ByteReader(fields);
    expect(reader.u8()).toBe(0x01);
    expect(reader.u16()).toBe(0x0203);
    expect(reader.u24()).toBe(0x040506);
    expect(reader.u32()).toBe(0x0708090a);
    expect(reader.u48()).toBe(0x0b0c0d0e0f10);
    expect(reader.u64()).toBe(0x1112131415161718n);
    expect(reader.offset).toBe(24);
    expect(reader.remaining).toBe(2);
    expect(reader.rest()).toEqual(Uint8Array.of(25, 26));
    expect(reader.rest()).toEqual(new Uint8Array(0));
  });

  test('reads the largest values without a sign', () => {
    const ones = new Uint8Array(24).fill(0xff);
    const reader = new ByteReader(ones);
    expect(reader.u32()).toBe(0xffff_ffff);
    expect(reader.u48()).toBe(2 ** 48 - 1);
    expect(reader.u64()).toBe(2n ** 64n - 1n);
  });

  test('counts offsets from the first byte of a view', () => {
    const reader = new ByteReader(fields.subarray(10, 13));
    expect(reader.u8()).toBe(11);
    expect(reader.offset).toBe(1);
    expect(reader.remaining).toBe(2);
  });

  test.each([
    ['u8', 1, (reader: ByteReader) => reader.u8()],
    ['u16', 2, (reader: ByteReader) => reader.u16()],
    ['u24', 3, (reader: ByteReader) => reader.u24()],
    ['u32', 4, (reader: ByteReader) => reader.u32()],
    ['u48', 6, (reader: ByteReader) => reader.u48()],
    ['u64', 8, (reader: ByteReader) => reader.u64()],
    ['bytes', 5, (reader: ByteReader) => reader.bytes(5)],
  ] as const)('%s throws one byte short, says where, and moves nothing', (_name, wanted, read) => {
    const reader = new ByteReader(new Uint8Array(3 + wanted - 1));
    reader.bytes(3);
    expect(() => read(reader)).toThrow(
      expect.objectContaining({ code: 'ERR_DATAGRAM_RANGE', offset: 3, wanted, available: wanted - 1 }),
    );
    expect(reader.offset).toBe(3);
  });

  test('never gives fewer bytes than asked for', () => {
    expect(() => new ByteReader(new Uint8Array(2)).bytes(3)).toThrow(ByteRangeError);
    expect(() => new ByteReader(new Uint8Array(2)).bytes(3)).toThrow('expected 3 bytes at offset 0, found 2');
  });

  test.each([-1, 1.5, Number.NaN, Infinity])('a length of %s is a mistake of the caller', (length) => {
    expect(() => new ByteReader(fields).bytes(length)).toThrow(RangeError);
  });
});
