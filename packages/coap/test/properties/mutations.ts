import fc from 'fast-check';
import {
  type CoapMessage,
  type CoapOption,
  encodeMessage,
  encodeUint,
  type MessageType,
  OptionNumber,
} from '../../src/index.ts';
import { MAX_OPTIONS_PER_MESSAGE } from '../../src/limits.ts';

/** A change to a well-formed message that stays well-formed, as far as RFC 7252 §3 goes. */
type MessageEdit = (message: CoapMessage) => CoapMessage;

/** A change to bytes, which mostly breaks them. `heads` are the offsets at which options begin. */
type ByteEdit = (bytes: Uint8Array, heads: readonly number[]) => Uint8Array;

/** What is done to a message on its way. */
export interface Mutation {
  readonly message: readonly MessageEdit[];
  readonly bytes: readonly ByteEdit[];
}

const optionNumber = fc.constantFrom(...Object.values(OptionNumber), 2, 21, 65_000, 65_001, 65_535);

/** Lengths around the borders of the nibbles (13 and 269) and of the definitions (8, 255). */
const optionLength = fc.oneof(
  { weight: 8, arbitrary: fc.nat(9) },
  fc.constantFrom(12, 13, 14, 40, 41, 255, 256, 268, 269, 270, 1034, 1035),
);
export const option: fc.Arbitrary<CoapOption> = fc
  .tuple(optionNumber, optionLength, fc.nat(255))
  .map(([number, length, byte]) => ({ number, value: new Uint8Array(length).fill(byte) }));

/** Every SZX, 7 too, with numbers small and at the end of their 20 bits; sometimes with a byte too many. */
const blockOption: fc.Arbitrary<CoapOption> = fc
  .record({
    number: fc.constantFrom(OptionNumber.BLOCK1, OptionNumber.BLOCK2),
    num: fc.oneof({ weight: 6, arbitrary: fc.nat(8) }, fc.constantFrom(0xffff, 0xf_ffff)),
    more: fc.boolean(),
    szx: fc.nat(7),
    zeros: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(2)),
  })
  .map(({ number, num, more, szx, zeros }) => {
    const value = encodeUint(num * 16 + (more ? 8 : 0) + szx);
    return { number, value: Uint8Array.of(...new Uint8Array(zeros), ...value) };
  });

const observeOption: fc.Arbitrary<CoapOption> = fc
  .uint8Array({ maxLength: 5 })
  .map((value) => ({ number: OptionNumber.OBSERVE, value }));

const withOptions = (message: CoapMessage, options: readonly CoapOption[]): CoapMessage => ({
  ...message,
  options: options.slice(0, MAX_OPTIONS_PER_MESSAGE).toSorted((a, b) => a.number - b.number),
});

const put =
  (added: CoapOption): MessageEdit =>
  (message) =>
    withOptions(message, [...message.options.filter(({ number }) => number !== added.number), added]);

const code = fc.oneof(
  fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 31, 64, 65, 67, 68, 69, 95, 128, 129, 130, 132, 136, 141, 160, 165),
  fc.nat(255).filter((value) => value !== 0 && ![1, 6, 7].includes(value >>> 5)),
);

const messageEdit: fc.Arbitrary<MessageEdit> = fc.oneof(
  fc.constantFrom<MessageType>(0, 1, 2, 3).map((type): MessageEdit => (message) => ({ ...message, type })),
  code.map((value): MessageEdit => (message) => ({ ...message, code: value })),
  fc.integer({ min: -2, max: 2 }).map((by): MessageEdit => (message) => ({
    ...message,
    messageId: (message.messageId + by) & 0xffff,
  })),
  fc.uint8Array({ maxLength: 8 }).map((token): MessageEdit => (message) => ({ ...message, token })),
  fc.nat(7).map((length): MessageEdit => (message) => ({ ...message, token: message.token.subarray(0, length) })),
  { weight: 3, arbitrary: blockOption.map(put) },
  { weight: 2, arbitrary: observeOption.map(put) },
  option.map(
    (added): MessageEdit =>
      (message) =>
        withOptions(message, [...message.options, added]),
  ),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 130 })).map(([at, times]): MessageEdit => (message) => {
    const { options } = message;
    const again = options[at % Math.max(1, options.length)];
    return again === undefined ? message : withOptions(message, [...options, ...Array<CoapOption>(times).fill(again)]);
  }),
  fc.nat().map(
    (at): MessageEdit =>
      (message) =>
        withOptions(message, message.options.toSpliced(at % Math.max(1, message.options.length), 1)),
  ),
  fc
    .oneof(fc.nat(20), fc.constantFrom(15, 16, 17, 32, 64, 1024, 1025))
    .map((length): MessageEdit => (message) => ({ ...message, payload: new Uint8Array(length).fill(0x61) })),
);

/** `bytes` with the one at `at` changed. */
function changed(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const result = Uint8Array.from(bytes);
  if (at < result.length) result[at] = change(result[at] ?? 0);
  return result;
}

const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  // Version and type, token length, code.
  fc.nat(15).map(
    (high): ByteEdit =>
      (bytes) =>
        changed(bytes, 0, (byte) => (high << 4) | (byte & 0x0f)),
  ),
  fc.nat(15).map(
    (length): ByteEdit =>
      (bytes) =>
        changed(bytes, 0, (byte) => (byte & 0xf0) | length),
  ),
  fc.nat(255).map(
    (value): ByteEdit =>
      (bytes) =>
        changed(bytes, 1, () => value),
  ),
  // Option delta and length, without the extension that they may want.
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(), fc.nat(15), fc.boolean())
      .map(([which, nibble, delta]): ByteEdit => (bytes, heads) => {
        const at = heads[which % Math.max(1, heads.length)];
        if (at === undefined) return bytes;
        return changed(bytes, at, (byte) => (delta ? (nibble << 4) | (byte & 0x0f) : (byte & 0xf0) | nibble));
      }),
  },
  // The byte after an option's head: an extension, when there is one.
  fc.tuple(fc.nat(), fc.nat(255), fc.nat(3)).map(([which, value, further]): ByteEdit => (bytes, heads) => {
    const at = heads[which % Math.max(1, heads.length)];
    return at === undefined ? bytes : changed(bytes, at + 1 + further, () => value);
  }),
  // Truncate; insert a marker or anything else; change a byte.
  fc.nat().map(
    (length): ByteEdit =>
      (bytes) =>
        bytes.subarray(0, length % (bytes.length + 1)),
  ),
  fc.tuple(fc.nat(), fc.constantFrom(0xff, 0xf0, 0x0f, 0xdd, 0xee, 0x00)).map(([at, byte]): ByteEdit => (bytes) => {
    const position = at % (bytes.length + 1);
    return Uint8Array.of(...bytes.subarray(0, position), byte, ...bytes.subarray(position));
  }),
  fc.tuple(fc.nat(), fc.nat(255)).map(
    ([at, byte]): ByteEdit =>
      (bytes) =>
        changed(bytes, at % bytes.length, () => byte),
  ),
  // Two messages in one: the head of this and the tail of itself.
  fc.tuple(fc.nat(), fc.nat()).map(
    ([head, tail]): ByteEdit =>
      (bytes) =>
        Uint8Array.of(...bytes.subarray(0, head % (bytes.length + 1)), ...bytes.subarray(tail % (bytes.length + 1))),
  ),
);

/** Mostly one change or two: more of them hide each other. */
export const mutation: fc.Arbitrary<Mutation> = fc.record({
  message: fc.array(messageEdit, { maxLength: 3, size: '-1' }),
  bytes: fc.array(byteEdit, { maxLength: 2, size: '-1' }),
});

export function mutate(message: CoapMessage, { message: edits, bytes: byteEdits }: Mutation): Uint8Array {
  const edited = message.code === 0 ? message : edits.reduce((value, edit) => edit(value), message);
  const bytes = encodeMessage(edited);
  const heads = optionHeads(edited);
  // Offsets of a message that was cut or got longer are wrong: that is one more mutation.
  return byteEdits.reduce((value, edit) => edit(value, heads), bytes);
}

/** The head of one message and the tail of another. */
export function splice(a: Uint8Array, b: Uint8Array, headLength: number, tailStart: number): Uint8Array {
  return Uint8Array.of(...a.subarray(0, headLength % (a.length + 1)), ...b.subarray(tailStart % (b.length + 1)));
}

function optionHeads({ token, options }: CoapMessage): number[] {
  const heads: number[] = [];
  let offset = 4 + token.length;
  let previous = 0;
  for (const { number, value } of options) {
    heads.push(offset);
    offset += 1 + extension(number - previous) + extension(value.length) + value.length;
    previous = number;
  }
  return heads;
}

function extension(value: number): number {
  if (value < 13) return 0;
  return value < 269 ? 1 : 2;
}
