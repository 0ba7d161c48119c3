import type { RandomSource } from '@flownexus/datagram';
import { concatBytes } from '../../src/bytes.ts';

const RECORD_HEADER = 13;
const HANDSHAKE_HEADER = 12;
const EXTREMES = [0, 1, 2, 12, 13, 0x7f, 0x80, 0xff, 0x100, 0x3fff, 0x4000, 0x4001, 0x4800, 0x7fff, 0xfffe, 0xffff];

/** Chance with a few words for it. */
export class Dice {
  readonly #random: RandomSource;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** From 0 on, below `end`. */
  below(end: number): number {
    return Math.floor(this.#random.unit() * end);
  }

  one<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to choose from');
    return item;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from(this.#random.bytes(length));
  }
}

type Mutation = (bytes: Uint8Array, dice: Dice, others: readonly Uint8Array[]) => Uint8Array;

/** Where the records of a datagram begin: all with the classic header. */
function recordOffsets(bytes: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let offset = 0; offset + RECORD_HEADER <= bytes.length;) {
    offsets.push(offset);
    offset += RECORD_HEADER + number(bytes, offset + 11, 2);
  }
  return offsets;
}

function number(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0;
  for (let index = 0; index < size; index += 1) value = value * 256 + (bytes[offset + index] ?? 0);
  return value;
}

/** A copy with a number at a place. */
function put(bytes: Uint8Array, offset: number, size: number, value: number): Uint8Array {
  const copy = bytes.slice();
  for (let index = 0; index < size && offset + index < copy.length; index += 1) {
    copy[offset + index] = Math.floor(value / 256 ** (size - 1 - index)) % 256;
  }
  return copy;
}

/** A field of a header of a record, or of the handshake message in it. */
const FIELDS: readonly { readonly at: number; readonly size: number; readonly values: readonly number[] }[] = [
  { at: 0, size: 1, values: [0, 19, 20, 21, 22, 23, 24, 25, 26, 255] },
  { at: 1, size: 2, values: [0xfeff, 0xfefd, 0xfefc, 0x0303, 0, 0x0100] },
  { at: 3, size: 2, values: [0, 1, 2, 0xffff] },
  { at: 5, size: 6, values: [0, 1, 63, 64, 2 ** 32, 2 ** 48 - 2, 2 ** 48 - 1] },
  { at: 11, size: 2, values: EXTREMES },
  { at: 13, size: 1, values: [0, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 20, 99, 255] },
  { at: 14, size: 3, values: [...EXTREMES, 0xff_ffff] },
  { at: 17, size: 2, values: [0, 1, 2, 3, 7, 8, 255, 256, 0xffff] },
  { at: 19, size: 3, values: [...EXTREMES, 0xff_ffff] },
  { at: 22, size: 3, values: [...EXTREMES, 0xff_ffff] },
];

const field: Mutation = (bytes, dice) => {
  const offsets = recordOffsets(bytes);
  if (offsets.length === 0) return bytes;
  const { at, size, values } = dice.one(FIELDS);
  return put(bytes, dice.one(offsets) + at, size, dice.one(values));
};

/** A length, wherever one may stand, is off by one or something else. */
const anyNumber: Mutation = (bytes, dice) => {
  const size = dice.one([1, 2, 3]);
  const offset = dice.below(bytes.length);
  const old = number(bytes, offset, size);
  return put(bytes, offset, size, Math.max(0, dice.one([old + 1, old - 1, ...EXTREMES])));
};

const truncate: Mutation = (bytes, dice) => bytes.slice(0, dice.below(bytes.length + 1));
const append: Mutation = (bytes, dice) => concatBytes(bytes, dice.bytes(dice.below(40)));
const splice: Mutation = (bytes, dice, others) => {
  const other = dice.one(others.length === 0 ? [bytes] : others);
  return concatBytes(bytes.slice(0, dice.below(bytes.length + 1)), other.slice(dice.below(other.length + 1)));
};
const join: Mutation = (bytes, dice, others) => concatBytes(bytes, dice.one(others.length === 0 ? [bytes] : others));
const repeat: Mutation = (bytes, dice) =>
  concatBytes(...new Array<Uint8Array>(dice.one([2, 40])).fill(bytes.subarray(0, 1_500)));
const manyEmpty: Mutation = (bytes, dice) => {
  const header = put(put(bytes, 0, 1, dice.one([20, 21, 22, 23])), 11, 2, 0).slice(0, RECORD_HEADER);
  return concatBytes(...new Array<Uint8Array>(60).fill(header), bytes);
};
const noise: Mutation = (_bytes, dice) => dice.bytes(dice.one([0, 1, 12, 13, 14, 25, 60, 1_400]));

/** A message is cut differently: two fragments, which overlap or leave something out. */
const refragment: Mutation = (bytes) => {
  const begin = RECORD_HEADER + HANDSHAKE_HEADER;
  if (bytes[0] !== 22 || bytes.length < begin + 2) return bytes;
  const length = number(bytes, 14, 3);
  const half = Math.floor(Math.min(length, bytes.length - begin) / 2);
  const fragment = (from: number, to: number): Uint8Array => {
    const head = put(
      put(put(bytes.slice(0, begin), 11, 2, HANDSHAKE_HEADER + to - from), 19, 3, from),
      22,
      3,
      to - from,
    );
    return concatBytes(head, bytes.subarray(begin + from, begin + to));
  };
  return concatBytes(fragment(Math.max(0, half - 1), length), fragment(0, half));
};

const byteFlip: Mutation = (bytes, dice) => put(bytes, dice.below(bytes.length), 1, dice.below(256));

/** Where the block of extensions of a ClientHello begins: with its length. Undefined when the datagram has none. */
function extensionsOffset(bytes: Uint8Array): number | undefined {
  if (bytes[0] !== 22 || bytes[13] !== 1) return undefined;
  let offset = RECORD_HEADER + HANDSHAKE_HEADER + 34;
  for (const size of [1, 1, 2, 1]) offset += size + number(bytes, offset, size);
  return offset + 2 <= bytes.length ? offset : undefined;
}

/** The extensions of a ClientHello are others, and all lengths around them are right. */
export const extensions: Mutation = (bytes, dice) => {
  const offset = extensionsOffset(bytes);
  if (offset === undefined) return bytes;
  const items: Uint8Array[] = [];
  for (let at = offset + 2; at + 4 <= bytes.length;) {
    const end = at + 4 + number(bytes, at + 2, 2);
    items.push(bytes.slice(at, end));
    at = end;
  }
  const place = dice.below(items.length + 1);
  const known = [0, 1, 10, 11, 13, 16, 19, 20, 22, 23, 28, 35, 54, 53, 0xff01, 0x1234];
  const made = (type: number, content: Uint8Array, claimed = content.length): Uint8Array =>
    concatBytes(put(new Uint8Array(2), 0, 2, type), put(new Uint8Array(2), 0, 2, claimed), content);
  switch (dice.below(6)) {
    case 0:
      items.splice(place, 0, made(dice.one(known), dice.bytes(dice.one([0, 1, 2, 3, 20, 255]))));
      break;
    case 1:
      items.splice(place, 0, ...items.slice(0, 1));
      break;
    case 2:
      items.splice(place, 1);
      break;
    case 3:
      items.splice(place, 0, ...Array.from({ length: 300 }, (_, index) => made(0x4000 + index, new Uint8Array(0))));
      break;
    case 4:
      items.splice(place, 0, made(54, concatBytes(Uint8Array.of(dice.one([0, 1, 20, 21, 255])), dice.bytes(20))));
      break;
    default: {
      const item = items[place];
      if (item !== undefined) items[place] = made(number(item, 0, 2), dice.bytes(item.length - 4));
    }
  }
  return withBody(bytes, bytes.slice(RECORD_HEADER + HANDSHAKE_HEADER, offset), concatBytes(...items));
};

function withBody(bytes: Uint8Array, front: Uint8Array, block: Uint8Array): Uint8Array {
  const body = concatBytes(front, put(new Uint8Array(2), 0, 2, block.length), block);
  const start = bytes.slice(0, RECORD_HEADER + HANDSHAKE_HEADER);
  const head = put(start, 11, 2, body.length + HANDSHAKE_HEADER);
  return concatBytes(put(put(head, 14, 3, body.length), 22, 3, body.length), body);
}

/** The cookie of a ClientHello is another one, and all lengths are right. Undefined when the datagram has no ClientHello. */
export function withCookie(bytes: Uint8Array, cookie: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== 22 || bytes[13] !== 1) return undefined;
  const begin = RECORD_HEADER + HANDSHAKE_HEADER;
  const at = begin + 35 + (bytes[begin + 34] ?? 0);
  const rest = bytes.slice(at + 1 + (bytes[at] ?? 0));
  const body = concatBytes(bytes.slice(begin, at), Uint8Array.of(cookie.length), cookie, rest);
  let head = put(bytes.slice(0, begin), 11, 2, body.length + HANDSHAKE_HEADER);
  head = put(put(put(head, 14, 3, body.length), 19, 3, 0), 22, 3, body.length);
  return concatBytes(put(head, 17, 2, 1), body);
}

const MUTATIONS: readonly Mutation[] = [
  field,
  field,
  field,
  anyNumber,
  anyNumber,
  truncate,
  append,
  splice,
  join,
  repeat,
  manyEmpty,
  noise,
  refragment,
  byteFlip,
  extensions,
  extensions,
];

/** A datagram that was right and has been changed in one to three ways. `others` is what parts of it may come from. */
export function mutate(bytes: Uint8Array, dice: Dice, others: readonly Uint8Array[]): Uint8Array {
  let changed = bytes;
  for (let count = 1 + dice.below(3); count > 0; count -= 1) changed = dice.one(MUTATIONS)(changed, dice, others);
  return changed.slice(0, 65_507);
}
