import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CoapError, formatLinks, type Link, parseLinks } from '../../src/index.ts';
import { MAX_LINK_ATTRIBUTES, MAX_LINK_FORMAT_LENGTH, MAX_LINKS } from '../../src/limits.ts';

function failure(document: string | Uint8Array): string {
  try {
    parseLinks(document);
  } catch (error) {
    if (error instanceof CoapError && error.code === 'ERR_COAP_LINK_FORMAT') return error.message;
    throw error;
  }
  throw new Error('expected a failure');
}

/** The documents of RFC 6690 §5, without their line breaks. */
const EXAMPLES: readonly (readonly [document: string, links: readonly Link[]])[] = [
  ['</sensors>;ct=40', [{ target: '/sensors', attributes: [{ name: 'ct', value: '40' }] }]],
  [
    '</sensors/temp>;rt="temperature-c";if="sensor",</sensors/light>;rt="light-lux";if="sensor"',
    [
      {
        target: '/sensors/temp',
        attributes: [
          { name: 'rt', value: 'temperature-c' },
          { name: 'if', value: 'sensor' },
        ],
      },
      {
        target: '/sensors/light',
        attributes: [
          { name: 'rt', value: 'light-lux' },
          { name: 'if', value: 'sensor' },
        ],
      },
    ],
  ],
  [
    '</sensors>;ct=40;title="Sensor Index",<http://www.example.com/sensors/t123>;anchor="/sensors/temp";rel="describedby",' +
      '</t>;anchor="/sensors/temp";rel="alternate"',
    [
      {
        target: '/sensors',
        attributes: [
          { name: 'ct', value: '40' },
          { name: 'title', value: 'Sensor Index' },
        ],
      },
      {
        target: 'http://www.example.com/sensors/t123',
        attributes: [
          { name: 'anchor', value: '/sensors/temp' },
          { name: 'rel', value: 'describedby' },
        ],
      },
      {
        target: '/t',
        attributes: [
          { name: 'anchor', value: '/sensors/temp' },
          { name: 'rel', value: 'alternate' },
        ],
      },
    ],
  ],
  [
    '</firmware/v2.1>;rt="firmware";sz=262144',
    [
      {
        target: '/firmware/v2.1',
        attributes: [
          { name: 'rt', value: 'firmware' },
          { name: 'sz', value: '262144' },
        ],
      },
    ],
  ],
];

describe('parseLinks', () => {
  test.each(EXAMPLES)('the example of RFC 6690 §5: %s', (document, links) => {
    expect(parseLinks(document)).toEqual(links);
    expect(parseLinks(new TextEncoder().encode(document))).toEqual(links);
    expect(formatLinks(links)).toBe(document);
  });

  test('an empty document has no links', () => {
    expect(parseLinks('')).toEqual([]);
    expect(parseLinks(new Uint8Array())).toEqual([]);
    expect(formatLinks([])).toBe('');
  });

  test('separators and escapes inside quotes are text', () => {
    expect(parseLinks(String.raw`</a>;title="a,b;<\"\\>é";obs`)).toEqual([
      { target: '/a', attributes: [{ name: 'title', value: String.raw`a,b;<"\>é` }, { name: 'obs' }] },
    ]);
  });

  test('an extended value is a token (RFC 5987 §3.2)', () => {
    expect(parseLinks(`</a>;title*=UTF-8''%e2%82%ac`)[0]?.attributes).toEqual([
      { name: 'title*', value: `UTF-8''%e2%82%ac` },
    ]);
  });

  test('repeated attributes stay in their order', () => {
    expect(parseLinks('<>;rel=a;rel=b')).toEqual([
      {
        target: '',
        attributes: [
          { name: 'rel', value: 'a' },
          { name: 'rel', value: 'b' },
        ],
      },
    ]);
  });

  test.each([
    ['/a', 'expected "<" (offset 0)'],
    ['</a', 'expected ">" (offset 3)'],
    ['</a b>', 'expected ">" (offset 3)'],
    ['</%4>', 'expected ">" (offset 2)'],
    ['</é>', 'expected ">" (offset 2)'],
    ['</a>,', 'expected "<" (offset 5)'],
    [',</a>', 'expected "<" (offset 0)'],
    ['</a> ,</b>', 'expected ";", "," or the end (offset 4)'],
    ['</a>, </b>', 'expected "<" (offset 5)'],
    ['</a>;', 'expected the name of an attribute (offset 5)'],
    ['</a>; rt=a', 'expected the name of an attribute (offset 5)'],
    ['</a>;rt=', 'expected a token or text in quotes (offset 8)'],
    ['</a>;rt="a', 'expected a token or text in quotes (offset 8)'],
    ['</a>;rt="a\\', 'expected a token or text in quotes (offset 8)'],
    ['</a>;rt="a\nb"', 'expected a token or text in quotes (offset 8)'],
    ['</a>;rt=ä', 'expected a token or text in quotes (offset 8)'],
    ['</a>;title=a', 'expected text in quotes (offset 11)'],
    ['</a>;anchor=/b', 'expected text in quotes (offset 12)'],
    ['</a>;sz="', 'expected a number (offset 9)'],
    ['</a>;sz="1', 'expected """ (offset 10)'],
    ['</a>;sz="1x"', 'expected """ (offset 10)'],
    ['</a>;sz=01', 'expected ";", "," or the end (offset 9)'],
    ['</a>;rt="a"b', 'expected ";", "," or the end (offset 11)'],
  ])('%j is refused: %s', (document, message) => {
    expect(failure(document)).toBe(message);
  });

  test('a size in quotes is a size: RFC 8288 §3 knows no difference, and aiocoap quotes all values', () => {
    expect(parseLinks('</a>;sz="1280";rt="b"')).toEqual(parseLinks('</a>;sz=1280;rt="b"'));
  });

  test('bytes that are no UTF-8 are refused', () => {
    expect(failure(Uint8Array.of(0x3c, 0xff))).toBe('expected UTF-8 (offset 0)');
  });

  test('what a document may hold is bounded', () => {
    const links = (count: number): string => Array.from({ length: count }, () => '<>').join(',');
    expect(parseLinks(links(MAX_LINKS))).toHaveLength(MAX_LINKS);
    expect(failure(links(MAX_LINKS + 1))).toMatch(`at most ${MAX_LINKS} links`);
    expect(parseLinks(`<>${';a'.repeat(MAX_LINK_ATTRIBUTES)}`)[0]?.attributes).toHaveLength(MAX_LINK_ATTRIBUTES);
    expect(failure(`<>${';a'.repeat(MAX_LINK_ATTRIBUTES + 1)}`)).toMatch(`at most ${MAX_LINK_ATTRIBUTES} attributes`);
    expect(parseLinks(`<${'a'.repeat(MAX_LINK_FORMAT_LENGTH - 2)}>`)).toHaveLength(1);
    expect(failure(`<${'a'.repeat(MAX_LINK_FORMAT_LENGTH - 1)}>`)).toMatch('a length of at most');
  });
});

describe('formatLinks', () => {
  test.each<readonly [string, Link]>([
    ['a blank in the target', { target: '/a b', attributes: [] }],
    ['the end of a target in it', { target: '/a>', attributes: [] }],
    ['an empty name', { target: '/a', attributes: [{ name: '' }] }],
    ['a separator in a name', { target: '/a', attributes: [{ name: 'a;b' }] }],
    ['a line break in a value', { target: '/a', attributes: [{ name: 'title', value: 'a\nb' }] }],
    ['a size that is no number', { target: '/a', attributes: [{ name: 'sz', value: 'big' }] }],
  ])('%s can not be expressed', (_, link) => {
    expect(() => formatLinks([link])).toThrow(RangeError);
  });

  test('quotes what must be in quotes', () => {
    const attributes = [
      { name: 'ct', value: '40 50' },
      { name: 'foo', value: '' },
      { name: 'title', value: 'a' },
      { name: 'd', value: 'x' },
    ];
    expect(formatLinks([{ target: '/a', attributes }])).toBe('</a>;ct="40 50";foo="";title="a";d=x');
  });
});

describe('properties', () => {
  const visible = fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .filter((value) => !/[\0-\x08\x0a-\x1f\x7f]/.test(value));
  const attribute = fc.oneof(
    fc.record({ name: fc.constantFrom('rt', 'if', 'rel', 'title', 'anchor', 'ct', 'x'), value: visible }),
    fc.record({ name: fc.constant('sz'), value: fc.nat().map(String) }),
    fc.record({ name: fc.constantFrom('obs', 'hb', 'a*', 'toString', '__proto__') }),
  );
  const link = fc.record({
    target: fc.webPath().map((path) => path.replaceAll(/[^\x21-\x7e]/g, '')),
    attributes: fc.array(attribute, { maxLength: 6 }),
  });

  test('what is formatted is parsed to the same links', () => {
    fc.assert(
      fc.property(fc.array(link, { maxLength: 6 }), (links) => {
        expect(parseLinks(formatLinks(links))).toEqual(links);
      }),
    );
  });

  test('arbitrary text gives links that can be formatted, or an error with an offset in it', () => {
    const near = fc
      .tuple(fc.array(link, { minLength: 1, maxLength: 3 }), fc.nat(), fc.string({ maxLength: 3 }))
      .map(([links, position, insert]) => {
        const document = formatLinks(links);
        const at = position % (document.length + 1);
        return document.slice(0, at) + insert + document.slice(at + 1);
      });
    const noise = fc.string({ unit: fc.constantFrom(...'<>/a;,="\\ %4é\n'), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(near, noise, fc.string()), (document) => {
        let links: Link[];
        try {
          links = parseLinks(document);
        } catch {
          const offset = Number(/\(offset (\d+)\)$/.exec(failure(document))?.[1]);
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset).toBeLessThanOrEqual(document.length);
          return;
        }
        expect(parseLinks(formatLinks(links))).toEqual(links);
      }),
      { numRuns: 1000 },
    );
  });
});
