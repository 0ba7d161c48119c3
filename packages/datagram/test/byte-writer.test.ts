import { ByteRangeError, ByteWriter } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';

describe('ByteWriter', () => {
  test('writes big-endian fields in order', () => {
    const bytes = new ByteWriter()
      .u8(0x01)
      .u16(0x0203)
      .u24(0x040506)
      .u32(0x0708090a)
      .u48(0x0b0c0d0e0f10)
      .u64(0x1112131415161718n)
      .bytes(Uint8Array.of(25, 26))
      .finish();
    expect(bytes).toEqual(Uint8Array.from({ length: 26 }, (_, index) => index + 1));
  });

  test('grows from nothing up to its bound, and not beyond', () => {
    const writer = new ByteWriter({ initialSize: 0, maxSize: 100 });
    for (let count = 0; count < 50; count += 1) writer.u16(count);
    expect(() => writer.u8(1)).toThrow(
      expect.objectContaining({ code: 'ERR_DATAGRAM_RANGE', offset: 100, wanted: 1, available: 0 }),
    );
    expect(writer.length).toBe(100);
    expect(writer.finish().subarray(96)).toEqual(Uint8Array.of(0, 48, 0, 49));
  });

  test('a field that crosses the bound writes nothing', () => {
    const writer = new ByteWriter({ maxSize: 7 });
    expect(() => writer.u64(1n)).toThrow(ByteRangeError);
    expect(() => writer.bytes(new Uint8Array(8))).toThrow(ByteRangeError);
    expect(writer.length).toBe(0);
  });

  test.each([
    ['u8', (writer: ByteWriter) => writer.u8(256)],
    ['u16', (writer: ByteWriter) => writer.u16(65_536)],
    ['u24', (writer: ByteWriter) => writer.u24(2 ** 24)],
    ['u32', (writer: ByteWriter) => writer.u32(2 ** 32)],
    ['u48', (writer: ByteWriter) => writer.u48(2 ** 48)],
    ['u64', (writer: ByteWriter) => writer.u64(2n ** 64n)],
    ['a negative number', (writer: ByteWriter) => writer.u8(-1)],
    ['a negative bigint', (writer: ByteWriter) => writer.u64(-1n)],
    ['a fraction', (writer: ByteWriter) => writer.u16(1.5)],
  ])('%s that does not fit is a mistake of the caller', (_name, write) => {
    const writer = new ByteWriter();
    expect(() => write(writer)).toThrow(RangeError);
    expect(writer.length).toBe(0);
  });

  test('sets a length that is known only later', () => {
    const writer = new ByteWriter()
      .u8(9)
      .u16(0)
      .u24(0)
      .bytes(Uint8Array.of(1, 2, 3));
    expect(writer.setU16(1, 0x0102).setU24(3, 0x030405).finish()).toEqual(Uint8Array.of(9, 1, 2, 3, 4, 5, 1, 2, 3));
  });

  test('sets nothing outside of what was written', () => {
    const writer = new ByteWriter().u16(0);
    expect(() => writer.setU16(1, 1)).toThrow(ByteRangeError);
    expect(() => writer.setU16(-1, 1)).toThrow(ByteRangeError);
    expect(() => writer.setU16(0, 65_536)).toThrow(RangeError);
  });

  test('finish gives the bytes away and begins anew', () => {
    const writer = new ByteWriter().u8(1);
    const first = writer.finish();
    expect(writer.length).toBe(0);
    expect(writer.u8(2).finish()).toEqual(Uint8Array.of(2));
    expect(first).toEqual(Uint8Array.of(1));
  });
});
