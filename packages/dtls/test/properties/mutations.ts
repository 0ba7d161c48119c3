import fc from 'fast-check';
import { concatBytes } from '../../src/bytes.ts';

/** What a mutation does at a place of a message, as a share of its length. */
interface Mutation {
  readonly at: number;
  readonly change: (front: Uint8Array, rest: Uint8Array) => Uint8Array;
}

/** Numbers where lengths, counts and types go wrong. */
const extremes = fc.constantFrom(0, 1, 2, 3, 0x0f, 0x10, 0x20, 0x21, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff);
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const few = fc.uint8Array({ minLength: 1, maxLength: 4 });

const changes: fc.Arbitrary<Mutation['change']> = fc.oneof(
  // Other bytes in the place of some, which hits lengths, types and values.
  fc
    .oneof(
      extremes.map((value) => Uint8Array.of(value)),
      few,
    )
    .map((others) => (front: Uint8Array, rest: Uint8Array) => concatBytes(front, others, rest.subarray(others.length))),
  // A length that is off by one.
  fc
    .constantFrom(1, 255)
    .map(
      (step) => (front: Uint8Array, rest: Uint8Array) =>
        concatBytes(front, Uint8Array.of((rest[0] ?? 0) + step), rest.subarray(1)),
    ),
  few.map((more) => (front: Uint8Array, rest: Uint8Array) => concatBytes(front, more, rest)),
  fc
    .integer({ min: 1, max: 8 })
    .map((count) => (front: Uint8Array, rest: Uint8Array) => concatBytes(front, rest.subarray(count))),
  // A part that comes twice: extensions, certificates, whole fields.
  fc
    .integer({ min: 1, max: 40 })
    .map((count) => (front: Uint8Array, rest: Uint8Array) => concatBytes(front, rest.subarray(0, count), rest)),
  fc.constant((front: Uint8Array) => front),
);

/** Bytes that were valid and have been changed in one to three places. */
export function mutated(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const mutations = fc.array(fc.record({ at: place, change: changes }), { minLength: 1, maxLength: 3 });
  return fc.tuple(valid, mutations).map(([bytes, all]) =>
    all.reduce((current, { at, change }) => {
      const index = Math.floor(at * (current.length + 1));
      return change(current.subarray(0, index), current.subarray(index));
    }, bytes),
  );
}
