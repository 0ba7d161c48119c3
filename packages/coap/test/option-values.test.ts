import { describe, expect, test } from 'vitest';
import {
  buildOptions,
  decodeString,
  decodeUint,
  encodeUint,
  findOption,
  makeOption,
  makeStringOption,
  makeUintOption,
  OptionNumber,
  stringOptions,
  uintOption,
  type CoapOption,
} from '../src/index.ts';
import { fromHex, toHex } from './message-vectors.ts';

const hexOptions = (options: readonly CoapOption[]): unknown =>
  options.map(({ number, value }) => [number, toHex(value)]);
const badOption: unknown = expect.objectContaining({ code: 'ERR_COAP_OPTION', responseCode: 130 });

describe('uint', () => {
  test.each([
    [0, ''],
    [1, '01'],
    [255, 'ff'],
    [256, '0100'],
    [65_535, 'ffff'],
    [65_536, '010000'],
    [16_777_215, 'ffffff'],
    [16_777_216, '01000000'],
    [4_294_967_295, 'ffffffff'],
  ])('%d is %j', (value, hex) => {
    expect(toHex(encodeUint(value))).toBe(hex);
    expect(decodeUint(fromHex(hex))).toBe(value);
  });

  test('decodes leading zeros', () => {
    expect(decodeUint(fromHex('00'))).toBe(0);
    expect(decodeUint(fromHex('0000002a'))).toBe(42);
  });

  test('refuses more than four bytes', () => {
    expect(() => decodeUint(fromHex('0000000001'))).toThrow(badOption);
  });

  test.each([-1, 4_294_967_296, 0.5, Number.NaN])('does not encode %d', (value) => {
    expect(() => encodeUint(value)).toThrow(RangeError);
  });
});

describe('string', () => {
  test.each(['', 'rd', 'a'.repeat(64), 'a'.repeat(65), 'abä', '\u{0}\u{7f}', 'こんにちは', '\u{feff}bom', '𝄞'])(
    '%j',
    (text) => {
      const { value } = makeStringOption(OptionNumber.URI_PATH, text);
      expect(toHex(value)).toBe(Buffer.from(text).toString('hex'));
      expect(decodeString(value)).toBe(text);
    },
  );

  test.each(['80', 'c3', 'c0af', 'eda080', 'f5808080', '61ff'])('refuses %s', (hex) => {
    expect(() => decodeString(fromHex(hex))).toThrow(badOption);
  });

  test('refuses a lone surrogate', () => {
    expect(() => makeStringOption(OptionNumber.URI_PATH, 'a\ud800')).toThrow(TypeError);
  });
});

describe('finders', () => {
  const options = [
    makeStringOption(11, 'a'),
    makeStringOption(11, 'ä'),
    makeUintOption(12, 40),
    makeUintOption(12, 42),
  ];

  test('find the first, all, or nothing', () => {
    expect(findOption(options, 11)).toBe(options[0]);
    expect(findOption(options, 4)).toBeUndefined();
    expect(uintOption(options, 12)).toBe(40);
    expect(uintOption(options, 17)).toBeUndefined();
    expect(stringOptions(options, 11)).toEqual(['a', 'ä']);
    expect(stringOptions(options, 15)).toEqual([]);
  });
});

describe('making options', () => {
  test.each<[string, () => unknown]>([
    ['a Uri-Path of 256 bytes', () => makeStringOption(OptionNumber.URI_PATH, 'ä'.repeat(128))],
    ['an empty Uri-Host', () => makeStringOption(OptionNumber.URI_HOST, '')],
    ['a Content-Format of three bytes', () => makeUintOption(OptionNumber.CONTENT_FORMAT, 65_536)],
    ['an ETag of nine bytes', () => makeOption(OptionNumber.ETAG, new Uint8Array(9))],
    ['an If-None-Match with a value', () => makeOption(OptionNumber.IF_NONE_MATCH, new Uint8Array(1))],
    ['an empty ETag', () => buildOptions({ etags: [new Uint8Array(0)] })],
    ['a No-Response of two bytes', () => buildOptions({ noResponse: 256 })],
    ['a Uri-Port of three bytes', () => buildOptions({ uriPort: 65_536 })],
    ['the path segment .', () => buildOptions({ path: ['a', '.'] })],
    ['the path segment ..', () => buildOptions({ path: ['..', 'a'] })],
    ['the Location-Path segment ..', () => buildOptions({ locationPath: ['..'] })],
  ])('refuses %s', (_name, make) => {
    expect(make).toThrow(RangeError);
  });

  test('takes any length for an option without a definition', () => {
    expect(makeOption(65_001, new Uint8Array(500)).value).toHaveLength(500);
  });
});

describe('buildOptions', () => {
  test('makes a sorted list', () => {
    const options = buildOptions({
      path: ['rd', ''],
      query: ['ep=x', 'lt=60'],
      contentFormat: 40,
      accept: 0,
      observe: 0,
      locationPath: ['l'],
      locationQuery: ['q'],
      options: [
        makeUintOption(27, 6),
        makeUintOption(60, 1000),
        makeOption(4, Uint8Array.of(1)),
        makeOption(4, Uint8Array.of(0)),
        makeUintOption(14, 5),
      ],
    });
    expect(hexOptions(options)).toEqual([
      [4, '01'],
      [4, '00'],
      [6, ''],
      [8, '6c'],
      [11, '7264'],
      [11, ''],
      [12, '28'],
      [14, '05'],
      [15, '65703d78'],
      [15, '6c743d3630'],
      [17, ''],
      [20, '71'],
      [27, '06'],
      [60, '03e8'],
    ]);
  });

  test('makes the options of a conditional request', () => {
    const options = buildOptions({
      noResponse: 26,
      ifNoneMatch: true,
      ifMatch: [Uint8Array.of(1, 2), Uint8Array.of()],
      etags: [Uint8Array.of(3), Uint8Array.of(4)],
      uriHost: 'a.example',
      uriPort: 5683,
      observe: 1,
      path: ['p'],
    });
    expect(hexOptions(options)).toEqual([
      [1, '0102'],
      [1, ''],
      [3, '612e6578616d706c65'],
      [4, '03'],
      [4, '04'],
      [5, ''],
      [6, '01'],
      [7, '1633'],
      [11, '70'],
      [258, '1a'],
    ]);
    expect(buildOptions({ ifNoneMatch: false, etags: [], ifMatch: [] })).toEqual([]);
  });

  test('makes nothing of nothing', () => {
    expect(buildOptions({})).toEqual([]);
    expect(buildOptions({ path: [], query: undefined, options: [] })).toEqual([]);
  });

  // RFC 7252 Appendix B
  test('makes the options of the URI examples', () => {
    expect(
      hexOptions(buildOptions({ path: ['.well-known', 'core'], options: [makeStringOption(3, 'example.net')] })),
    ).toEqual([
      [3, '6578616d706c652e6e6574'],
      [11, '2e77656c6c2d6b6e6f776e'],
      [11, '636f7265'],
    ]);
    expect(hexOptions(buildOptions({ path: ['こんにちは'] }))).toEqual([[11, 'e38193e38293e381abe381a1e381af']]);
    expect(hexOptions(buildOptions({ path: ['', '/', '', ''], query: ['//', '?&'] }))).toEqual([
      [11, ''],
      [11, '2f'],
      [11, ''],
      [11, ''],
      [15, '2f2f'],
      [15, '3f26'],
    ]);
  });
});
