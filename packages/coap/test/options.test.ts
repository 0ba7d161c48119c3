import { describe, expect, test } from 'vitest';
import {
  checkOptions,
  isCritical,
  optionDefinition,
  optionDefinitions,
  OptionNumber,
  type CoapOption,
} from '../src/index.ts';
import { fromHex } from './message-vectors.ts';

// No. | C U N R | Name | Format | Length | Default, as the RFCs print it. `?` is "(-)": not applicable to an unsafe option.
const TABLES = `
  1   x - - x  If-Match        opaque  0-8     -    RFC 7252 Table 4
  3   x x - -  Uri-Host        string  1-255   -
  4   - - - x  ETag            opaque  1-8     -
  5   x - - -  If-None-Match   empty   0-0     -
  7   x x - -  Uri-Port        uint    0-2     -
  8   - - - x  Location-Path   string  0-255   -
  11  x x - x  Uri-Path        string  0-255   -
  12  - - - -  Content-Format  uint    0-2     -
  14  - x - -  Max-Age         uint    0-4     60
  15  x x - x  Uri-Query       string  0-255   -
  17  x - - -  Accept          uint    0-2     -
  20  - - - x  Location-Query  string  0-255   -
  35  x x - -  Proxy-Uri       string  1-1034  -
  39  x x - -  Proxy-Scheme    string  1-255   -
  60  - - x -  Size1           uint    0-4     -
  6   - x - -  Observe         uint    0-3     -    RFC 7641 Table 1
  23  x x - -  Block2          uint    0-3     -    RFC 7959 Table 1
  27  x x - -  Block1          uint    0-3     -
  28  - - x -  Size2           uint    0-4     -    RFC 7959 Table 2
  258 - x - -  No-Response     uint    0-1     0    RFC 7967 Table 1
  9   x - - -  OSCORE          opaque  0-255   -    RFC 8613 Figure 4
  16  - - - -  Hop-Limit       uint    1-1     16   RFC 8768 Table 1
  252 - - x -  Echo            opaque  1-40    -    RFC 9175 Table 1
  292 - - - x  Request-Tag     opaque  0-8     -    RFC 9175 Table 2
  19  x x - -  Q-Block1        uint    0-3     -    RFC 9177 Table 1
  31  x x - x  Q-Block2        uint    0-3     -
`;
const ROWS = TABLES.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

describe('option definitions', () => {
  test.each(ROWS)('%s: %s %s %s %s %s %s %s %s', (...row) => {
    const [number, c, u, n, r, name, format, length, defaultValue] = row;
    expect(optionDefinition(Number(number))).toEqual({
      number: Number(number),
      name,
      format,
      minLength: Number(length?.split('-')[0]),
      maxLength: Number(length?.split('-')[1]),
      repeatable: r === 'x',
      defaultValue: defaultValue === '-' ? undefined : Number(defaultValue),
      critical: c === 'x',
      unsafe: u === 'x',
      noCacheKey: n === 'x',
    });
  });

  test('are these and no others', () => {
    const numbers = ROWS.map(([number]) => Number(number)).sort((a, b) => a - b);
    expect(optionDefinitions.map(({ number }) => number).sort((a, b) => a - b)).toEqual(numbers);
    expect(Object.values(OptionNumber).sort((a, b) => a - b)).toEqual(numbers);
    expect(optionDefinition(2)).toBeUndefined();
  });

  test('odd numbers are critical', () => {
    expect([0, 1, 60, 65_535].map(isCritical)).toEqual([false, true, false, true]);
  });
});

describe('checkOptions', () => {
  const understood: ReadonlySet<number> = new Set([
    OptionNumber.URI_PATH,
    OptionNumber.URI_QUERY,
    OptionNumber.ACCEPT,
    OptionNumber.URI_HOST,
    65_001,
  ]);
  const option = (number: number, hex = ''): CoapOption => ({ number, value: fromHex(hex) });
  const check = (...options: CoapOption[]): { kept: number[]; badCritical: number | undefined } => {
    const result = checkOptions(options, understood);
    return { kept: result.options.map(({ number }) => number), badCritical: result.badCritical };
  };

  test('gives back the same array when nothing is wrong', () => {
    const options = [
      option(4, '01'),
      option(11, '61'),
      option(11, '62'),
      option(15, ''),
      option(17, '28'),
      option(2050, '00'),
    ];
    expect(checkOptions(options, understood)).toEqual({ options, badCritical: undefined });
    expect(checkOptions(options, understood).options).toBe(options);
  });

  test('reports a critical option that is not understood (§5.4.1)', () => {
    expect(check(option(9), option(11))).toMatchObject({ badCritical: 9 });
    expect(check(option(11), option(65_003))).toMatchObject({ badCritical: 65_003 });
  });

  test('accepts an understood critical option that has no definition', () => {
    expect(check(option(65_001, '00'.repeat(300)), option(65_001))).toEqual({
      kept: [65_001, 65_001],
      badCritical: undefined,
    });
  });

  test('reports the first of several', () => {
    expect(check(option(9), option(35, '61'))).toMatchObject({ badCritical: 9 });
  });

  test('keeps an elective option that is not known', () => {
    expect(check(option(2), option(2))).toEqual({ kept: [2, 2], badCritical: undefined });
  });

  // RFC 7252 §5.4.3
  test('treats a wrong length as unrecognised', () => {
    expect(check(option(4, ''), option(11, '61'))).toEqual({ kept: [11], badCritical: undefined });
    expect(check(option(11, '61'), option(12, '010203'))).toEqual({ kept: [11], badCritical: undefined });
    expect(check(option(11, '61'), option(17, '010203'))).toMatchObject({ badCritical: 17 });
    expect(check(option(3, ''))).toMatchObject({ badCritical: 3 });
    expect(check(option(11, '61'.repeat(255)))).toMatchObject({ badCritical: undefined });
    expect(check(option(11, '61'.repeat(256)))).toMatchObject({ badCritical: 11 });
  });

  // RFC 7252 §5.4.5
  test('treats a further occurrence of a non-repeatable option as unrecognised', () => {
    expect(check(option(12, '00'), option(12, '01'), option(60, '01'))).toEqual({
      kept: [12, 60],
      badCritical: undefined,
    });
    const { options } = checkOptions([option(12, '28'), option(12, '2a')], understood);
    expect(options).toEqual([option(12, '28')]);
    expect(check(option(17, '00'), option(17, '01'))).toMatchObject({ badCritical: 17 });
    expect(check(option(14), option(14), option(14))).toEqual({ kept: [14], badCritical: undefined });
  });

  // RFC 7252 §3.2
  test('treats a string that is not UTF-8 as unrecognised', () => {
    expect(check(option(11, 'c3a4'))).toMatchObject({ badCritical: undefined });
    expect(check(option(11, 'c3'))).toMatchObject({ badCritical: 11 });
    expect(check(option(8, '61'), option(8, 'ff'), option(8, '62'))).toEqual({ kept: [8, 8], badCritical: undefined });
  });
});
