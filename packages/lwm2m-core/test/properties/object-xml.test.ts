import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObjectDefinition } from '../../src/definition.ts';
import { DecodeError } from '../../src/errors.ts';
import { ObjectRegistry } from '../../src/registry/object-registry.ts';
import { parseObjectXml } from '../../src/registry/object-xml.ts';

const documents = ['schema-1.0', 'schema-1.1', 'windows', 'careless', 'document-type'].map((name) =>
  readFileSync(new URL(`../definitions-xml/${name}.xml`, import.meta.url), 'utf8'),
);

/** Definitions that a registry takes, or a DecodeError within the document. */
function parseOrFail(document: string | Uint8Array): readonly ObjectDefinition[] {
  try {
    const definitions = parseObjectXml(document, { descriptions: true });
    expect(definitions.length).toBeGreaterThan(0);
    expect(ObjectRegistry.of(definitions).size).toBe(definitions.length);
    return definitions;
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    expect((error as DecodeError).code).toBe('ERR_LWM2M_DEFINITION');
    expect((error as DecodeError).offset).toBeGreaterThanOrEqual(0);
    expect((error as DecodeError).offset).toBeLessThanOrEqual(document.length);
    return [];
  }
}

/* prettier-ignore */
const pieces = fc.constantFrom(
  '<LWM2M>', '</LWM2M>', '<Object>', '</Object>', '<ObjectID>1</ObjectID>', '<Resources>', '</Resources>', '<Item ID="5">',
  '</Item>', '<Item ID="1"/>', '<Type>String</Type>', '<Type>', '<', '>', '/', '/>', '</', '"', "'", '=', '&', ';', '&amp;',
  '&nbsp;', '&#0;', '&#xffffffff;', '&x;', '<!--', '-->', '--', '<![CDATA[', ']]>', '<?', '?>', '<?xml version="1.0"?>',
  '<!DOCTYPE a>', '<!', ' ', '\r', '\r\n', '\n', '\ufeff', '\u0000', '\u00a0', '😀', '\ud83d', '\ude00', '__proto__', 'a=""',
);

test('any text gives definitions or a DecodeError', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => void parseOrFail(text)));
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => void parseOrFail(parts.join(''))),
    {
      numRuns: 2000,
    },
  );
});

test('any bytes give definitions or a DecodeError', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void parseOrFail(bytes)));
});

test('a document with something in place of something else gives definitions or a DecodeError', () => {
  let accepted = 0;
  const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.oneof(pieces, fc.constant(''))), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.constantFrom(...documents), mutations, (document, edits) => {
      let text = document;
      for (const [position, length, piece] of edits) {
        const start = position % (text.length + 1);
        text = text.slice(0, start) + piece + text.slice(start + length);
      }
      if (parseOrFail(text).length > 0) accepted += 1;
    }),
    { numRuns: 2000 },
  );
  expect(accepted).toBeGreaterThan(0);
});

test('a document that ends early is no document', () => {
  for (const document of documents) {
    const end = document.lastIndexOf('</LWM2M>');
    fc.assert(
      fc.property(fc.nat(end + 7), (length) => {
        expect(parseOrFail(document.slice(0, length))).toEqual([]);
      }),
    );
  }
});

/** 64 KiB of a text again and again, inside a description or as they are. */
function repeated(unit: string): string {
  return unit.repeat(Math.ceil(65_536 / unit.length));
}

/* prettier-ignore */
test.each([
  ['elements within elements', repeated('<a>')],
  ['elements', described(repeated('<a/>'))],
  ['attributes', `<LWM2M ${Array.from({ length: 7000 }, (_, index) => `a${String(index)}=""`).join(' ')}/>`],
  ['carriage returns', described(repeated('\r'))],
  ['entities', described(repeated('&lt;'))],
  ['unknown entities', described(repeated('&a;'))],
  ['entities of entities', `<!DOCTYPE a [${repeated('<!ENTITY b "&a;&a;">')}]><a>&b;</a>`],
  ['comments', described(repeated('<!---->'))],
  ['starts of comments', described(repeated('<!-- '))],
  ['starts of sections', described(repeated('<![CDATA['))],
  ['less-than signs', repeated('<')],
  ['quotes', `<a ${repeated('"')}`],
  ['characters outside the BMP', `${described(repeated('😀'))}&`],
  ['one name', `<${repeated('a')}`],
  ['blanks', described(repeated(' \t'))],
])('64 KiB of %s take no longer than they should', (_, text) => {
  const start = performance.now();
  parseOrFail(text);
  // About 30 ms each; what is quadratic takes seconds.
  expect(performance.now() - start).toBeLessThan(1000);
});

function described(text: string): string {
  return `<LWM2M><Object><ObjectID>1</ObjectID><Description1>${text}</Description1></Object></LWM2M>`;
}
