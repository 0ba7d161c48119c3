import { describe, expect, test } from 'vitest';
import { formatLinkFormat, parseLinkFormat } from '@flownexus/lwm2m-core';
import type { DecodeError, Link, LinkFormatWarning } from '@flownexus/lwm2m-core';
import { MAX_LINK_ATTRIBUTES, MAX_LINK_FORMAT_LENGTH, MAX_LINKS } from '../../src/limits.ts';
import { failureOf } from '../failure.ts';
import { fromText } from '../hex.ts';
import captureFile from '../vectors/captures-links.json' with { type: 'json' };

interface Parsed {
  readonly links: readonly Link[];
  readonly warnings: readonly LinkFormatWarning[];
}

function parse(text: string): Parsed {
  const warnings: LinkFormatWarning[] = [];
  return { links: parseLinkFormat(text, { onWarning: (warning) => warnings.push(warning) }), warnings };
}

function failure(document: string | Uint8Array, strict = false): DecodeError {
  return failureOf(() => parseLinkFormat(document, { strict }), 'ERR_LWM2M_LINK_FORMAT');
}

describe('what devices sent', () => {
  test.each(captureFile.vectors)('$device: $operation $path', ({ text, targets, attributes, warnings }) => {
    const parsed = parse(text);
    expect(parsed.links.map(({ target }) => target).join(' ')).toBe(targets);
    const withAttributes = parsed.links.filter((item) => Object.keys(item.attributes).length > 0);
    expect(Object.fromEntries(withAttributes.map((item) => [item.target, item.attributes]))).toEqual(attributes);
    expect(parsed.warnings).toEqual(warnings);
  });

  test.each<[form: string, text: string, links: Link[], warnings: number]>([
    ['root link with ct only', '</>;ct=112,</1/0>', [link('/', { ct: '112' }), link('/1/0')], 0],
    ['rt without quotes', '</>;rt=oma.lwm2m', [link('/', { rt: 'oma.lwm2m' })], 0],
    ['an Object without instances', '</1/0>,</2>', [link('/1/0'), link('/2')], 0],
    ['ver in quotes', '</1>;ver="1.1"', [link('/1', { ver: '1.1' })], 0],
    [
      'an alternate path',
      '</lwm2m>;rt="oma.lwm2m", </lwm2m/1/0>',
      [link('/lwm2m', { rt: 'oma.lwm2m' }), link('/lwm2m/1/0')],
      1,
    ],
    ['Bootstrap-Discover of 1.1', '</>;lwm2m=1.1,</0/0>', [link('/', { lwm2m: '1.1' }), link('/0/0')], 0],
    ['Bootstrap-Discover of 1.0', 'lwm2m="1.0",</0/0>', [link('/', { lwm2m: '1.0' }), link('/0/0')], 1],
    [
      'slashes and blanks',
      '</>;lwm2m=1.1, </0/0/>;ssid=1',
      [link('/', { lwm2m: '1.1' }), link('/0/0', { ssid: '1' })],
      2,
    ],
  ])('%s', (_form, text, links, warnings) => {
    const parsed = parse(text);
    expect(parsed.links).toEqual(links);
    expect(parsed.warnings).toHaveLength(warnings);
  });
});

describe('parseLinkFormat', () => {
  test('reads a registration', () => {
    const text = '</>;rt="oma.lwm2m";ct="60 110 112";hb,</1>;ver=1.1,</1/0>,</3>;ver="1.2"';
    expect(parse(text)).toEqual({
      links: [
        { target: '/', attributes: { rt: 'oma.lwm2m', ct: '60 110 112', hb: true } },
        { target: '/1', attributes: { ver: '1.1' } },
        { target: '/1/0', attributes: {} },
        { target: '/3', attributes: { ver: '1.2' } },
      ],
      warnings: [],
    });
  });

  test('an empty document has no links', () => {
    expect(parse('')).toEqual({ links: [], warnings: [] });
    expect(parseLinkFormat(new Uint8Array(), { strict: true })).toEqual([]);
  });

  test('keeps separators and escapes inside quotes', () => {
    expect(parseLinkFormat(String.raw`</0/0>;uri="coaps://h/a,b;c=\"<\\>\"",</3/0>`, { strict: true })).toEqual([
      { target: '/0/0', attributes: { uri: String.raw`coaps://h/a,b;c="<\>"` } },
      { target: '/3/0', attributes: {} },
    ]);
    expect(parseLinkFormat('</3>;title="Zähler";a=""')).toEqual([
      { target: '/3', attributes: { title: 'Zähler', a: '' } },
    ]);
  });

  test('keeps percent escapes of targets', () => {
    expect(parseLinkFormat('</a%20b/%C3%A9>')[0]?.target).toBe('/a%20b/%C3%A9');
  });

  test('attribute names of the object prototype are only names', () => {
    const [link] = parseLinkFormat('</3>;__proto__=1;constructor;toString="x"');
    expect(Object.entries(link?.attributes ?? {})).toEqual([
      ['__proto__', '1'],
      ['constructor', true],
      ['toString', 'x'],
    ]);
    expect(parseLinkFormat('</3>')[0]?.attributes['constructor']).toBeUndefined();
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  test.each<[text: string, links: Link[], offsets: number[]]>([
    ['</1>, </3>', [link('/1'), link('/3')], [5]],
    ['\r\n</1> ,\t</3>\n', [link('/1'), link('/3')], [0, 6, 8, 13]],
    ['</1>,,</3>', [link('/1'), link('/3')], [5]],
    [',</3>', [link('/3')], [0]],
    ['</1>; pmin=1', [link('/1', { pmin: '1' })], [5]],
    ['</1>;;pmin=1;', [link('/1', { pmin: '1' })], [5, 13]],
    ['</1>;pmin=1;,</3>', [link('/1', { pmin: '1' }), link('/3')], [12]],
    ['</1>;pmin=', [link('/1', { pmin: '' })], [10]],
    ['</>;ct=60 110', [link('/', { ct: '60 110' })], [7]],
    [String.raw`</>;a=b\c`, [link('/', { a: String.raw`b\c` })], [6]],
    ['</3/0/>', [link('/3/0')], [5]],
    ['</1>;a=1;a=2', [link('/1', { a: '1' })], [9]],
    ['lwm2m="1.0",</0/0>;ssid=101', [link('/', { lwm2m: '1.0' }), link('/0/0', { ssid: '101' })], [0]],
  ])('tolerates %j with warnings, and strictly not', (text, links, offsets) => {
    const parsed = parse(text);
    expect(parsed.links).toEqual(links);
    expect(parsed.warnings.map((warning) => warning.offset)).toEqual(offsets);
    expect(failure(text, true).offset).toBe(offsets[0]);
  });

  test.each([
    ['1>', 0],
    ['<1>', 1],
    ['<>', 1],
    ['</1', 3],
    ['</1//0>', 4],
    ['</a b>', 3],
    ['</é>', 2],
    ['</1%2>', 3],
    ['</1></3>', 4],
    ['</1> ;a', 5],
    ['</1>;a b', 7],
    ['</1>;a=1 ;b', 9],
    ['</1>;a=1\n</3>', 9],
    ['</1>;a="1"b', 10],
    ['</1>;a=b"c"', 8],
    ['</1>;a="b', 9],
    ['</1>;a="\u0000"', 8],
    ['</1>;a="\\\u0007"', 9],
    ['</1>;a=\u0001', 7],
    ['</1>;é', 5],
    ['</1>;="x"', 5],
    ['</1>,', 5],
    ['</1>,, ', 7],
    [',', 1],
    ['</1>;ssid=65535', 5],
    ['</1>;ssid=-1', 5],
    ['</1>;dim=65536', 5],
    ['</3>,lwm2m=1', 5],
  ])('rejects %j at offset %i in both modes', (text, offset) => {
    expect(failure(text).offset).toBe(offset);
    failure(text, true);
  });

  test('rejects bytes that are not UTF-8', () => {
    const error = failure(Uint8Array.of(0x3c, 0x2f, 0x3e, 0x3b, 0x61, 0x3d, 0x22, 0xff, 0x22));
    expect(error).toMatchObject({ expected: 'UTF-8', found: 'other bytes', offset: 7 });
  });

  test('offsets are those in bytes when bytes were given', () => {
    const text = '</1>;a="é€😀"; b=;b=1,</3/>,';
    const warnings: number[] = [];
    expect(failure(text).offset).toBe(28);
    expect(
      failureOf(
        () => parseLinkFormat(fromText(text), { onWarning: ({ offset }) => warnings.push(offset) }),
        'ERR_LWM2M_LINK_FORMAT',
      ).offset,
    ).toBe(33);
    expect(warnings).toEqual([19, 22, 23, 30]);
  });

  test('does not repeat the document in its errors', () => {
    expect(failure('</0/0>;secret=\u0001').message).not.toMatch(/secret/);
  });

  test('is bounded in length, links and attributes', () => {
    expect(failure(' '.repeat(MAX_LINK_FORMAT_LENGTH + 1)).message).toMatch(/length/);
    expect(failure(new Uint8Array(MAX_LINK_FORMAT_LENGTH + 1)).message).toMatch(/length/);
    const links = (count: number): string => Array.from({ length: count }, () => '</1>').join(',');
    expect(parseLinkFormat(links(MAX_LINKS))).toHaveLength(MAX_LINKS);
    expect(failure(links(MAX_LINKS + 1)).message).toMatch(/links/);
    const attributes = (count: number): string => `</1>${Array.from({ length: count }, (_, i) => `;a${i}`).join('')}`;
    expect(Object.keys(parseLinkFormat(attributes(MAX_LINK_ATTRIBUTES))[0]!.attributes)).toHaveLength(32);
    expect(failure(attributes(MAX_LINK_ATTRIBUTES + 1)).message).toMatch(/attributes/);
  });
});

describe('formatLinkFormat', () => {
  test('quotes what must be quoted', () => {
    const links = [
      link('/', { rt: 'oma.lwm2m', ct: '60 112', hb: true }),
      link('/1', { ver: '1.1', pid: '6:27354b9a', a: '', b: 'x"\\y', c: 'é' }),
      link('/3/0'),
    ];
    expect(formatLinkFormat(links)).toBe(
      String.raw`</>;rt="oma.lwm2m";ct="60 112";hb,</1>;ver=1.1;pid=6:27354b9a;a="";b="x\"\\y";c="é",</3/0>`,
    );
    expect(formatLinkFormat([])).toBe('');
  });

  test.each([
    ['', {}],
    ['3', {}],
    ['/3/', {}],
    ['//', {}],
    ['/a b', {}],
    ['/%', {}],
    ['/3>,</4', {}],
    ['/3\n', {}],
    ['/3', { '': true }],
    ['/3', { 'a b': '1' }],
    ['/3', { 'a=': true }],
    ['/3', { a: 'x\u0000' }],
    ['/0/0', { ssid: '0' }],
  ] as [string, Record<string, string | true>][])('refuses target %j with %j', (target, attributes) => {
    expect(() => formatLinkFormat([{ target, attributes }])).toThrow(RangeError);
  });
});

function link(target: string, attributes: Record<string, string | true> = {}): Link {
  return { target, attributes };
}
