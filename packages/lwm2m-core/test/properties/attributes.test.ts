import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  attributesOfLink,
  checkAttributes,
  DecodeError,
  formatAttributes,
  formatExecuteArguments,
  parseAttributes,
  parseExecuteArguments,
} from '@flownexus/lwm2m-core';
import type { AttributeChanges, ExecuteArgument } from '@flownexus/lwm2m-core';

const orUnset = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value);
const seconds = orUnset(fc.maxSafeNat());
const decimal = orUnset(
  fc.oneof(
    fc.double({ min: -1e15, max: 1e15, noNaN: true }).map((value) => (Math.abs(value) < 1e-200 ? 0 : value)),
    fc.integer(),
    fc.constantFrom(1e200, 2.5e-200),
  ),
);
const flag = orUnset(fc.constantFrom(0 as const, 1 as const));
const visible = fc.string({ unit: fc.constantFrom(...Array.from(`abz09!#$+-.^_|~*`)), minLength: 1, maxLength: 8 });
const changes: fc.Arbitrary<AttributeChanges> = fc
  .record(
    {
      pmin: seconds,
      pmax: seconds,
      epmin: seconds,
      epmax: seconds,
      gt: decimal,
      lt: decimal,
      st: decimal,
      edge: flag,
      con: flag,
      hqmax: seconds,
      unknown: fc.dictionary(visible, orUnset(visible), { minKeys: 1, maxKeys: 5 }),
    },
    { requiredKeys: [] },
  )
  .filter(({ epmin, epmax }) => !((epmin ?? Number.NaN) >= (epmax ?? Number.NaN)));

const queries = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(fc.constantFrom('pmin', 'epmin', 'epmax', 'gt', 'edge', 'dim', 'x', '=', '&', '1', '-', '.', 'e'), {
      maxLength: 12,
    })
    .map((parts) => parts.join('')),
);

function resultOf<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return undefined;
  }
}

test('attributes survive their query', () => {
  fc.assert(
    fc.property(changes, (attributes) => {
      const items = formatAttributes(attributes);
      expect(parseAttributes(items)).toEqual(attributes);
      expect(parseAttributes(items.join('&'))).toEqual(attributes);
    }),
  );
});

test('any query gives attributes that survive, or a DecodeError', () => {
  fc.assert(
    fc.property(queries, (query) => {
      const attributes = resultOf(() => parseAttributes(query));
      if (attributes === undefined) return;
      expect(parseAttributes(formatAttributes(attributes))).toEqual(attributes);
      checkAttributes(attributes, '/3/0');
    }),
    { numRuns: 3000 },
  );
});

test('any attributes of a link are read without an error', () => {
  const names = fc.constantFrom('pmin', 'gt', 'edge', 'dim', 'ssid', 'ver', 'uri', '__proto__', 'toString');
  const values = fc.oneof(fc.constant(true as const), fc.string({ maxLength: 8 }), fc.integer().map(String));
  fc.assert(
    fc.property(fc.dictionary(names, values), (attributes) => {
      const read = attributesOfLink({ target: '/3', attributes });
      expect(read.problems.length + Object.keys(read.attributes).length).toBeLessThanOrEqual(7);
    }),
  );
});

const character = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const value = fc.string({ unit: character.filter((text) => !`"'\\`.includes(text)), maxLength: 10 });
const executeArguments: fc.Arbitrary<ExecuteArgument[]> = fc.uniqueArray(
  fc.record({ digit: fc.nat(9), value: fc.option(value, { nil: undefined }) }, { noNullPrototype: true }),
  { selector: ({ digit }) => digit },
);

test('arguments survive their text', () => {
  fc.assert(
    fc.property(executeArguments, (list) => {
      expect(parseExecuteArguments(formatExecuteArguments(list))).toStrictEqual(list);
    }),
  );
});

test('any text gives arguments that survive, or a DecodeError; bytes the same', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...Array.from(`01',= aé`)), maxLength: 12 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const list = resultOf(() => parseExecuteArguments(text));
      expect(resultOf(() => parseExecuteArguments(new TextEncoder().encode(text)))).toEqual(list);
      if (list !== undefined) expect(formatExecuteArguments(list)).toBe(text);
    }),
    { numRuns: 3000 },
  );
});

test('64 KB of anything take a moment', () => {
  const start = performance.now();
  for (const part of ['&', 'a&', 'pmin', '1', '=', "0='", ',', '1,', 'x', ' ']) {
    const text = part.repeat(65_536 / part.length);
    resultOf(() => parseAttributes(text));
    resultOf(() => parseAttributes(`gt=${text}`));
    resultOf(() => parseAttributes(text.split('')));
    resultOf(() => parseExecuteArguments(text));
    resultOf(() => parseExecuteArguments(`0='${text}`));
  }
  expect(performance.now() - start).toBeLessThan(2000);
});
