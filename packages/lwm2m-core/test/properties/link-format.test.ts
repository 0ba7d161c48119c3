import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lwm2mError } from '../../src/errors.ts';
import { formatLinkFormat, parseLinkFormat, type Link } from '../../src/link-format.ts';

const PCHARS = [...characters(`abcXYZ0123456789-._~!$&'()*+,;=:@`), '%20', '%C3%A9'];
const targets = fc
  .array(fc.string({ unit: fc.constantFrom(...PCHARS), minLength: 1, maxLength: 5 }), { maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`);
const names = fc.oneof(
  fc.constantFrom('rt', 'ct', 'ver', 'uri', 'pmin', '__proto__', 'constructor', 'title*'),
  fc.string({ unit: fc.constantFrom(...characters('abz09!#$&+-.^_`|~*')), minLength: 1, maxLength: 6 }),
);
const values = fc.oneof(
  fc.constant(true as const),
  fc.nat(70_000).map(String),
  fc.string({ unit: fc.constantFrom(...characters('ab1 ,;=<>"\\\té€'), '😀'), maxLength: 8 }),
);
const links: fc.Arbitrary<Link[]> = fc.array(
  fc.record({
    target: targets,
    attributes: fc.dictionary(names, values, { maxKeys: 5, noNullPrototype: false }),
  }),
  { maxLength: 6 },
);

const documents = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...characters('<>/;,="\\ a1%\té\u0000')), maxLength: 40 }),
  fc
    .array(fc.constantFrom('</1>', '</3/0>', ',', ';', 'a', '=', '"', '1', ' ', 'ssid=0', '\\'), { maxLength: 20 })
    .map((parts) => parts.join('')),
);

function parseOrFail(document: string | Uint8Array, strict: boolean): readonly Link[] | undefined {
  try {
    return parseLinkFormat(document, { strict });
  } catch (error) {
    expect(error).toBeInstanceOf(Lwm2mError);
    return undefined;
  }
}

test('links survive their text, even strictly', () => {
  fc.assert(
    fc.property(links, (list) => {
      const text = formatLinkFormat(list);
      const parsed = parseLinkFormat(text, { strict: true });
      expect(parsed.map(plain)).toEqual(list.map(plain));
      expect(parseLinkFormat(new TextEncoder().encode(text)).map(plain)).toEqual(list.map(plain));
    }),
  );
});

test('any text gives links or an Lwm2mError; what is strictly right is right without a warning', () => {
  fc.assert(
    fc.property(documents, (text) => {
      const lenient = parseOrFail(text, false);
      const strict = parseOrFail(text, true);
      if (strict !== undefined) {
        expect(lenient).toEqual(strict);
        parseLinkFormat(text, { onWarning: () => expect.unreachable('a warning for what is right') });
      }
      if (lenient !== undefined) expect(parseLinkFormat(formatLinkFormat(lenient), { strict: true })).toEqual(lenient);
    }),
    { numRuns: 2000 },
  );
});

test('any bytes give links or an Lwm2mError', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void parseOrFail(bytes, false)));
});

function plain({ target, attributes }: Link): [string, [string, string | true][]] {
  return [target, Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))];
}

function characters(text: string): string[] {
  return Array.from(text);
}
