import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CborFloat, decodeJson } from '../src/index.ts';
import { MAX_INTEGER, MIN_INTEGER } from '../src/numbers.ts';

/** What decodeJson gives, in the way that the engine has for it. */
function parseWithReviver(text: string): unknown {
  return JSON.parse(text, (name, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    if (typeof value !== 'number' || !Number.isInteger(value) || source === undefined) return value;
    if (/[.eE]/.test(source)) return name === 'v' || name === 'bv' ? new CborFloat(value) : value;
    const integer = source.length > 21 || Number.isSafeInteger(value) ? undefined : BigInt(source);
    return integer === undefined || integer < MIN_INTEGER || integer > MAX_INTEGER ? value : integer;
  }) as unknown;
}

const digits = fc.stringMatching(/^\d{1,22}$/);
const NUMBERS = ['0', '-0', '-0.0', '20.0', '1e16', '-2e16', '1e400', '1e-400', '9007199254740993', '0.5e1'];
const number = fc
  .oneof(
    fc.constantFrom(...NUMBERS),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.bigInt({ min: -(10n ** 21n), max: 10n ** 21n }).map(String),
    // Many of these are no numbers of JSON, such as 00.5 or 1.e3.
    fc.tuple(
      fc.constantFrom('', '-'),
      digits,
      fc.constantFrom('', '.', '.0', '.50'),
      fc.constantFrom('', 'e3', 'E-2', 'e'),
    ),
    // What is around a number must not make one of it.
    fc.tuple(
      fc.constantFrom('-', '+', '.', 'e', '1', '"'),
      fc.constantFrom('20.0', '1e3'),
      fc.constantFrom('', '-1', 'x'),
    ),
  )
  .map((parts) => (typeof parts === 'string' ? parts : parts.join('')));
const name = fc.constantFrom('v', 'bv', 't', '1', '0', '\\u0076', '__proto__', '');
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    number,
    fc.constantFrom('null', '"1e16"', '"2\\"0.0"'),
    fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
    fc
      .uniqueArray(fc.tuple(name, tie('json')), { maxLength: 4, selector: ([key]) => (key === '\\u0076' ? 'v' : key) })
      .map((members) => `{${members.map(([key, value]) => `"${key}" : ${value}`).join(',')}}`),
  ),
}));

test('all JSON decodes as with a reviver, and nothing else does', () => {
  let decoded = 0;
  fc.assert(
    fc.property(json, (text) => {
      let expected: unknown;
      try {
        expected = parseWithReviver(text);
      } catch {
        expect(() => decodeJson(text)).toThrow(expect.objectContaining({ code: 'ERR_SENML_JSON' }));
        return;
      }
      expect(decodeJson(text)).toStrictEqual(expected);
      decoded += 1;
    }),
    { numRuns: 2000 },
  );
  expect(decoded).toBeGreaterThan(500);
});

test.each(['[--20.0]', '[020.0]', '[20.0e]', '[1e3-1]', '[-1e3.0]', '[1 1e3]', '[1e3"]', '01e3', '1e3e'])(
  '%s is not JSON',
  (text) => {
    expect(() => decodeJson(text)).toThrow(expect.objectContaining({ code: 'ERR_SENML_JSON' }));
  },
);

test('of two equal names with such numbers none counts', () => {
  expect(() => decodeJson('{"v":20.0,"v":30.0}')).toThrow(
    expect.objectContaining({ code: 'ERR_SENML_JSON', expected: 'distinct names in an object' }),
  );
});

test('numbers in the order that the engine gives their names', () => {
  expect(decodeJson('{"v":1.0,"1":9007199254740993,"0":18446744073709551615}')).toStrictEqual({
    0: 18446744073709551615n,
    1: 9007199254740993n,
    v: new CborFloat(1),
  });
});
