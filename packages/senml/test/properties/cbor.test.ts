import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CborFloat, CborTagged, checkCbor, decodeCbor, narrowInteger, SenmlError } from '@flownexus/senml';

/** A data item as it may be encoded, and what has to come out. */
interface Item {
  readonly bytes: readonly number[];
  readonly value: unknown;
}

const encoder = new TextEncoder();

/** A head with an argument of at least `width` bytes; 0 is in the initial byte. */
function head(major: number, argument: bigint, width: number): number[] {
  const least = argument < 24n ? 0 : argument < 2n ** 8n ? 1 : argument < 2n ** 16n ? 2 : argument < 2n ** 32n ? 4 : 8;
  const size = Math.max(least, width);
  if (size === 0) return [(major << 5) | Number(argument)];
  const bytes = Array.from({ length: size }, (_, index) => Number((argument >> BigInt(8 * (size - 1 - index))) & 255n));
  return [(major << 5) | (24 + Math.log2(size)), ...bytes];
}

const width = fc.constantFrom(0, 0, 0, 1, 2, 4, 8);

const integer: fc.Arbitrary<Item> = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: -30, max: 30 }).map(BigInt),
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
      fc.constantFrom(2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), -(2n ** 53n) + 1n, 2n ** 32n, -(2n ** 32n)),
    ),
    width,
  )
  .map(([value, size]) => ({
    bytes: value >= 0n ? head(0, value, size) : head(1, -1n - value, size),
    value: narrowInteger(value),
  }));

const view = new DataView(new ArrayBuffer(8));
const floatValue = (value: number): unknown => (Number.isInteger(value) ? new CborFloat(value) : value);
const bytesOfView = (initial: number, length: number): number[] => [initial, ...new Uint8Array(view.buffer, 0, length)];
const double = fc.oneof(fc.double(), fc.integer().map(Number)).map((value): Item => {
  view.setFloat64(0, value);
  return { bytes: bytesOfView(0xfb, 8), value: floatValue(value) };
});
const single = fc.float().map((value): Item => {
  view.setFloat32(0, value);
  return { bytes: bytesOfView(0xfa, 4), value: floatValue(value) };
});
const half = fc.constantFrom<[number, number]>(
  [0x3c00, 1],
  [0x3e00, 1.5],
  [0xfbff, -65504],
  [1, 2 ** -24],
  [0x8000, -0],
);
const float = fc.oneof(
  double,
  single,
  half.map(([bits, value]): Item => {
    return { bytes: [0xf9, bits >> 8, bits & 255], value: floatValue(value) };
  }),
);

const simple = fc
  .constantFrom<[number, unknown]>([0xf4, false], [0xf5, true], [0xf6, null], [0xf7, undefined])
  .map(([byte, value]): Item => ({ bytes: [byte], value }));

const fraction = fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer()).map(([exponent, mantissa]): Item => {
  const part = (value: number): number[] => (value < 0 ? head(1, BigInt(-1 - value), 0) : head(0, BigInt(value), 0));
  return { bytes: [0xc4, 0x82, ...part(exponent), ...part(mantissa)], value: Number(`${mantissa}e${exponent}`) };
});

/** A string in one piece or in chunks. */
function stringItem(
  major: number,
  pieces: readonly Uint8Array[],
  chunked: boolean,
  size: number,
  value: unknown,
): Item {
  const whole = (content: Uint8Array): number[] => [...head(major, BigInt(content.length), size), ...content];
  return chunked
    ? { bytes: [(major << 5) | 31, ...pieces.flatMap(whole), 0xff], value }
    : { bytes: whole(Uint8Array.from(pieces.flatMap((piece) => [...piece]))), value };
}

const textPiece = fc
  .tuple(fc.constantFrom('', '\uFEFF'), fc.string({ unit: 'binary', maxLength: 100 }))
  .map(([mark, rest]) => (mark + rest).toWellFormed());
const text = fc.tuple(fc.array(textPiece, { maxLength: 3 }), fc.boolean(), width).map(([pieces, chunked, size]) =>
  stringItem(
    3,
    pieces.map((piece) => encoder.encode(piece)),
    chunked,
    size,
    pieces.join(''),
  ),
);
const bytes = fc
  .tuple(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 3 }), fc.boolean(), width)
  .map(([pieces, chunked, size]) =>
    stringItem(2, pieces, chunked, size, Uint8Array.from(pieces.flatMap((piece) => [...piece]))),
  );

function container(
  major: number,
  count: number,
  content: readonly number[],
  indefinite: boolean,
  size: number,
): number[] {
  return indefinite ? [(major << 5) | 31, ...content, 0xff] : [...head(major, BigInt(count), size), ...content];
}

const keyIdentity = ({ value }: Item): unknown => {
  const plain = value instanceof CborFloat ? value.value : value;
  return typeof plain === 'object' && plain !== null ? Symbol('never the same') : plain;
};
// Map keys have no sign of zero.
// Keys are no bigints: they are refused.
const key = fc
  .oneof(integer, text, float, simple)
  .filter((item) => !Object.is(keyIdentity(item), -0) && typeof keyIdentity(item) !== 'bigint');

const { untagged } = fc.letrec<{ item: Item; untagged: Item }>((tie) => ({
  untagged: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(integer, float, simple, fraction, text, bytes),
    fc.tuple(fc.array(tie('item'), { maxLength: 4 }), fc.boolean(), width).map(([items, indefinite, size]): Item => ({
      bytes: container(
        4,
        items.length,
        items.flatMap((item) => item.bytes),
        indefinite,
        size,
      ),
      value: items.map((item) => item.value),
    })),
    fc
      .tuple(
        fc.uniqueArray(fc.tuple(key, tie('item')), { maxLength: 4, selector: ([name]) => keyIdentity(name) }),
        fc.boolean(),
        width,
      )
      .map(([entries, indefinite, size]): Item => ({
        bytes: container(
          5,
          entries.length,
          entries.flatMap(([name, item]) => [...name.bytes, ...item.bytes]),
          indefinite,
          size,
        ),
        value: new Map(entries.map(([name, item]) => [name.value, item.value])),
      })),
  ),
  item: fc.oneof(
    { weight: 5, arbitrary: tie('untagged') },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.array(fc.constantFrom(0, 1, 2, 3, 6, 24, 28, 29, 64, 105, 258, 55799, 57343), {
            minLength: 1,
            maxLength: 3,
          }),
          tie('untagged'),
        )
        .map(([tags, { bytes: content, value }]): Item => ({
          bytes: [...tags.flatMap((tag) => head(6, BigInt(tag), 0)), ...content],
          value: new CborTagged(tags, value),
        })),
    },
  ),
}));

test('every item comes out as what it is, however it is encoded', () => {
  fc.assert(
    fc.property(fc.array(untagged, { minLength: 1, maxLength: 4 }), (items) => {
      const document = Uint8Array.from(
        container(
          4,
          items.length,
          items.flatMap((item) => item.bytes),
          false,
          0,
        ),
      );
      const copy = document.slice();
      expect(decodeCbor(document, undefined, { tags: true })).toEqual(items.map((item) => item.value));
      expect(document).toEqual(copy);
    }),
    { numRuns: 2000 },
  );
});

function refuses(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (!(error instanceof SenmlError)) throw error;
    expect(error.offset).toBeGreaterThanOrEqual(0);
    return true;
  }
}

test('what the check passes decodes, damaged or not', () => {
  const heads = fc.constantFrom(
    0x1b,
    0x3b,
    0x5f,
    0x7f,
    0x7b,
    0x9f,
    0xbf,
    0xff,
    0xc1,
    0xc4,
    0xd9,
    0xf9,
    0xfb,
    0xa2,
    0x82,
  );
  const edit = fc.tuple(fc.nat(), fc.nat(3), fc.array(fc.oneof(heads, fc.nat(255)), { maxLength: 3 }));
  fc.assert(
    fc.property(untagged, fc.array(edit, { maxLength: 3 }), fc.boolean(), (item, edits, tags) => {
      const codes = [...item.bytes];
      for (const [at, removed, added] of edits) codes.splice(at % (codes.length + 1), removed, ...added);
      const document = Uint8Array.from(codes);
      const refused = refuses(() => checkCbor(document, undefined, { tags }));
      expect(refuses(() => decodeCbor(document, undefined, { tags }))).toBe(refused);
    }),
    { numRuns: 5000 },
  );
});
