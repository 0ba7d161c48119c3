import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError, formatLinkFormat, parseLinkFormat, type Link } from '@flownexus/lwm2m-core';

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
    expect(error).toBeInstanceOf(DecodeError);
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

test('any text gives links or a DecodeError; what is strictly right is right without a warning', () => {
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

test('the offsets of bytes name the characters that those of their text name', () => {
  const offsetsOf = (document: string | Uint8Array): number[] => {
    const offsets: number[] = [];
    try {
      parseLinkFormat(document, { onWarning: ({ offset }) => offsets.push(offset) });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      offsets.push(error.offset);
    }
    return offsets;
  };
  fc.assert(
    fc.property(
      documents.filter((text) => text.isWellFormed()),
      (text) => {
        const inBytes = offsetsOf(text).map((offset) => new TextEncoder().encode(text.slice(0, offset)).length);
        expect(offsetsOf(new TextEncoder().encode(text))).toEqual(inBytes);
      },
    ),
  );
});

test('64 KB of anything take a moment', () => {
  const start = performance.now();
  for (const part of ['<', ',', '</>,', '</>;', ';', '/', '%41', '"', '\\', ' ', 'é', 'a b;']) {
    const text = part.repeat(65_536 / part.length);
    for (const before of ['', '</', '</é>', '</1>;a="é";', '</1>;a="', '</1>;a=']) {
      parseOrFail((before + text).slice(0, 65_536), false);
      parseOrFail(new TextEncoder().encode(before + text).subarray(0, 65_536), false);
    }
  }
  expect(performance.now() - start).toBeLessThan(4000);
});

test('any bytes give links or a DecodeError', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void parseOrFail(bytes, false)));
});

function plain({ target, attributes }: Link): [string, [string, string | true][]] {
  return [target, Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))];
}

function characters(text: string): string[] {
  return Array.from(text);
}
