import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CoapError, type CoapUri, formatCoapUri, parseCoapUri } from '../../src/index.ts';

const text = fc.string({ unit: 'binary', maxLength: 60 });
const segment = text.filter((value) => value !== '.' && value !== '..');
const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .filter((value) => !/[:A-Z]/.test(value) && value === value.toLowerCase());
const host = fc.oneof(
  fc.domain(),
  name,
  fc.ipV4(),
  fc.ipV6().map((address) => address.toLowerCase()),
  fc.tuple(fc.ipV6(), fc.string({ minLength: 1, maxLength: 8 })).map(([address, zone]) => {
    return `${address.toLowerCase()}%${zone.replaceAll('%', '')}z`;
  }),
);
const parts: fc.Arbitrary<CoapUri> = fc.record({
  scheme: fc.constantFrom('coap', 'coaps'),
  host: host.map((value) => value.toLowerCase()),
  port: fc.integer({ min: 1, max: 65_535 }),
  path: fc.array(segment, { maxLength: 5 }).filter((path) => path.length !== 1 || path[0] !== ''),
  query: fc.array(text, { maxLength: 5 }),
});

test('what is formatted is parsed to the same parts', () => {
  fc.assert(
    fc.property(parts, (uri) => {
      expect(parseCoapUri(formatCoapUri(uri))).toEqual(uri);
    }),
  );
});

test('what is parsed and formatted is in its final form', () => {
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ['coap', 'coaps'], withQueryParameters: true }), (url) => {
      const formatted = formatCoapUri(parseCoapUri(url));
      expect(parseCoapUri(formatted)).toEqual(parseCoapUri(url));
      expect(formatCoapUri(parseCoapUri(formatted))).toBe(formatted);
    }),
  );
});

test('any text is parts or an error that says so', () => {
  const near = fc.tuple(parts.map(formatCoapUri), fc.nat(), fc.string({ maxLength: 3 })).map(([uri, at, insert]) => {
    const index = at % uri.length;
    return uri.slice(0, index) + insert + uri.slice(index + 1);
  });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), near), (candidate) => {
      try {
        parseCoapUri(candidate);
      } catch (error) {
        expect(error).toBeInstanceOf(CoapError);
        expect(error).toMatchObject({ code: 'ERR_COAP_URI' });
      }
    }),
  );
});
