import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CoapFormatError,
  Code,
  checkOptions,
  decodeMessage,
  encodeMessage,
  isCritical,
  OptionNumber,
  stringOptions,
  uintOption,
  type CoapMessage,
  type MessageType,
} from '../../src/index.ts';
import { toHex } from '../message-vectors.ts';
import { mutate, mutation, option as anyOption, splice } from './mutations.ts';

const option = fc.record({
  number: fc.oneof(fc.constantFrom(...Object.values(OptionNumber)), fc.nat(65_535)),
  value: fc.oneof(
    { weight: 9, arbitrary: fc.uint8Array({ maxLength: 20 }) },
    fc.uint8Array({ minLength: 250, maxLength: 300 }),
  ),
});
const code = fc.nat(255).filter((value) => ![1, 6, 7].includes(value >>> 5) && value !== Code.EMPTY);
const message: fc.Arbitrary<CoapMessage> = fc.record({
  type: fc.constantFrom<MessageType>(0, 1, 2, 3),
  code,
  messageId: fc.nat(0xffff),
  token: fc.uint8Array({ maxLength: 8 }),
  options: fc.array(option, { maxLength: 128 }).map((options) => options.sort((a, b) => a.number - b.number)),
  payload: fc.uint8Array({ maxLength: 64 }),
});
// Near misses reach further into the decoder than noise does.
const nearMessage = fc
  .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.option(fc.nat()))
  .map(([valid, edits, cut]) => {
    const bytes = encodeMessage(valid);
    for (const [position, byte] of edits) bytes[position % bytes.length] = byte;
    return cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
  });

function decodeOrError(bytes: Uint8Array): CoapMessage | CoapFormatError {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof CoapFormatError) return error;
    throw error;
  }
}

/** A message, canonical when encoded again, or an error that says where and what to do. */
function checkOutcome(bytes: Uint8Array): void {
  const result = decodeOrError(bytes);
  if (result instanceof CoapFormatError) {
    expect(result.offset).toBeGreaterThanOrEqual(0);
    expect(result.offset).toBeLessThanOrEqual(bytes.length);
    // RFC 7252 §4.2, §4.3: a Reset for Confirmable version 1 messages only
    const confirmable = bytes.length >= 4 && (bytes[0] ?? 0) >>> 4 === 4;
    expect(result.reply).toBe(confirmable ? 'reset' : 'ignore');
    if (confirmable) expect(result.messageId).toBe(((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0));
    return;
  }
  const again = encodeMessage(result);
  // Each number of a CoAP message has exactly one form: there is no second encoding of the same message.
  expect(toHex(again)).toBe(toHex(bytes));
}

describe('codec', () => {
  test('what is encoded decodes to the same', () => {
    fc.assert(
      fc.property(message, (given) => {
        expect(decodeMessage(encodeMessage(given))).toEqual(given);
      }),
    );
  });

  test('arbitrary bytes give a message or a format error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), checkOutcome), { numRuns: 2000 });
  });

  test('arbitrary bytes behind a valid header give a message or a format error', () => {
    const behindHeader = fc.tuple(fc.constantFrom(0x40, 0x50, 0x60, 0x70), code, fc.uint8Array({ maxLength: 64 }));
    fc.assert(
      fc.property(behindHeader, ([first, second, rest]) =>
        checkOutcome(Uint8Array.of(first, second, 0x12, 0x34, ...rest)),
      ),
      { numRuns: 2000 },
    );
  });

  test('damaged messages give a message or a format error', () => {
    fc.assert(fc.property(nearMessage, checkOutcome), { numRuns: 2000 });
  });

  /** Messages with the options and lengths that devices use, for the changes to have something to hit. */
  const plausible: fc.Arbitrary<CoapMessage> = fc
    .tuple(message, fc.array(anyOption, { maxLength: 6 }))
    .map(([given, options]) => ({ ...given, options: options.toSorted((a, b) => a.number - b.number) }));

  test('structure-aware mutations of valid messages give a message or a format error', () => {
    fc.assert(
      fc.property(plausible, mutation, (given, changes) => checkOutcome(mutate(given, changes))),
      { numRuns: 3000 },
    );
  });

  test('two messages spliced into one give a message or a format error', () => {
    fc.assert(
      fc.property(plausible, plausible, fc.nat(), fc.nat(), (a, b, head, tail) =>
        checkOutcome(splice(encodeMessage(a), encodeMessage(b), head, tail)),
      ),
      { numRuns: 1000 },
    );
  });

  test('options in any order are sent in the order of their numbers, repeated ones in their own', () => {
    fc.assert(
      fc.property(message, fc.array(option, { maxLength: 20 }), (given, options) => {
        const decoded = decodeMessage(encodeMessage({ ...given, options }));
        expect(decoded.options).toEqual(options.toSorted((a, b) => a.number - b.number));
      }),
    );
  });
});

describe('checkOptions', () => {
  const understood: ReadonlySet<number> = new Set(Object.values(OptionNumber));

  test('what passes can be read', () => {
    fc.assert(
      fc.property(message, ({ options }) => {
        const checked = checkOptions(options, understood);
        if (checked.badCritical !== undefined) {
          expect(isCritical(checked.badCritical)).toBe(true);
          return;
        }
        for (const number of [OptionNumber.URI_PATH, OptionNumber.URI_QUERY, OptionNumber.LOCATION_PATH])
          stringOptions(checked.options, number);
        for (const number of [
          OptionNumber.OBSERVE,
          OptionNumber.CONTENT_FORMAT,
          OptionNumber.MAX_AGE,
          OptionNumber.BLOCK1,
        ]) {
          uintOption(checked.options, number);
        }
      }),
    );
  });

  test('what passes passes again unchanged', () => {
    fc.assert(
      fc.property(message, ({ options }) => {
        const once = checkOptions(options, understood);
        const twice = checkOptions(once.options, new Set(once.options.map(({ number }) => number)));
        expect(twice).toEqual({ options: once.options, badCritical: undefined });
        expect(twice.options).toBe(once.options);
      }),
    );
  });
});
