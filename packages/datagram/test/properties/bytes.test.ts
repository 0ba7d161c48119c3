import { ByteRangeError, ByteReader, ByteWriter } from '@flownexus/datagram';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const field = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.integer({ min: 0, max: 0xff }) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.integer({ min: 0, max: 0xffff }) }),
  fc.record({ kind: fc.constant('u24' as const), value: fc.integer({ min: 0, max: 0xff_ffff }) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constant('u48' as const), value: fc.integer({ min: 0, max: 2 ** 48 - 1 }) }),
  fc.record({ kind: fc.constant('u64' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 300 }) }),
);
type Field = typeof field extends fc.Arbitrary<infer T> ? T : never;

function write(writer: ByteWriter, { kind, value }: Field): void {
  if (kind === 'bytes') writer.bytes(value);
  else if (kind === 'u64') writer.u64(value);
  else writer[kind](value);
}

test('what a writer writes, a reader reads', () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 50 }), (fields) => {
      const writer = new ByteWriter();
      for (const one of fields) write(writer, one);
      const reader = new ByteReader(writer.finish());
      for (const { kind, value } of fields) {
        expect(kind === 'bytes' ? reader.bytes(value.length) : reader[kind]()).toEqual(value);
      }
      expect(reader.remaining).toBe(0);
    }),
  );
});

test('arbitrary reads give the bytes asked for or a ByteRangeError that leaves the reader where it was', () => {
  const reads = fc.array(fc.oneof(fc.constantFrom('u8', 'u16', 'u24', 'u32', 'u48', 'u64'), fc.nat(40)));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), reads, (bytes, wanted) => {
      const reader = new ByteReader(bytes);
      for (const want of wanted) {
        const size = typeof want === 'number' ? want : Number(want.slice(1)) / 8;
        const { offset } = reader;
        try {
          if (typeof want === 'number') expect(reader.bytes(want)).toEqual(bytes.subarray(offset, offset + want));
          else reader[want as 'u8']();
          expect(reader.offset).toBe(offset + size);
        } catch (error) {
          expect(error).toBeInstanceOf(ByteRangeError);
          expect(offset + size).toBeGreaterThan(bytes.length);
          expect(reader.offset).toBe(offset);
        }
      }
    }),
  );
});
