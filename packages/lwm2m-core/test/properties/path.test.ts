import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lwm2mError } from '../../src/errors.ts';
import { comparePaths, formatPath, parsePath, pathOf, pathStartsWith, withPrefix, type Path } from '../../src/path.ts';

const ids = fc.array(fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 65535 })), { maxLength: 4 });
const paths: fc.Arbitrary<Path> = fc
  .tuple(ids, fc.option(fc.constantFrom('d01', 'd02'), { nil: undefined }))
  .map(([of, prefix]) => (of.length === 0 ? pathOf() : withPrefix(pathOf(...of), prefix)));

test('a path survives its text', () => {
  fc.assert(
    fc.property(paths, (path) => {
      expect(parsePath(formatPath(path))).toEqual(path);
    }),
  );
});

test('any text gives a path or an Lwm2mError, and a path only from its own text', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('/', '0', '1', '6', '5', 'a') }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      let path: Path;
      try {
        path = parsePath(text);
      } catch (error) {
        expect(error).toBeInstanceOf(Lwm2mError);
        return;
      }
      expect([formatPath(path), formatPath(path).slice(1)]).toContain(text);
    }),
  );
});

test('the order is total, and a prefix comes first', () => {
  fc.assert(
    fc.property(paths, paths, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(-Math.sign(comparePaths(b, a)) + 0);
      expect(comparePaths(a, b) === 0).toBe(formatPath(a) === formatPath(b));
      if (pathStartsWith(a, b)) expect(comparePaths(a, b)).toBeGreaterThanOrEqual(0);
    }),
  );
});
