import { describe, expect, test } from 'vitest';
import { formatPath, pathSegments } from '../../src/server/path.ts';
import { parsePattern, pathParameters } from '../../src/server/pattern.ts';
import { RouteTree } from '../../src/server/route-tree.ts';

const PATTERNS = [
  '/',
  '/a',
  '/a/b',
  '/a/:x',
  '/:y/b/c',
  '/a/:x/d',
  '/files/*rest',
  '/files/index',
  '/*all',
  '/deep/:p/:q/*rest',
  '/slash/',
] as const;

const tree = new RouteTree<string>();
for (const pattern of PATTERNS) tree.set(parsePattern(pattern), pattern);

describe('a path matches', () => {
  test.each<readonly [path: readonly string[], pattern: string]>([
    [[], '/'],
    [[''], '/'],
    [['a'], '/a'],
    [['a', 'b'], '/a/b'],
    [['a', 'c'], '/a/:x'],
    [['a', ''], '/a/:x'],
    [['a', 'b', 'c'], '/:y/b/c'],
    [['z', 'b', 'c'], '/:y/b/c'],
    [['a', 'b', 'd'], '/a/:x/d'],
    [['a', 'b', 'e'], '/*all'],
    [['a', 'b/c'], '/a/:x'],
    [['a/b'], '/*all'],
    [['files'], '/*all'],
    [['files', ''], '/files/*rest'],
    [['files', 'index'], '/files/index'],
    [['files', 'index', 'x'], '/files/*rest'],
    [['deep', '1', '2'], '/*all'],
    [['deep', '1', '2', '3', '4'], '/deep/:p/:q/*rest'],
    [['slash'], '/*all'],
    [['slash', ''], '/slash/'],
    [['__proto__'], '/*all'],
  ])('%j: %s', (path, pattern) => {
    expect(tree.find(path)).toBe(pattern);
  });

  test('nothing where nothing fits', () => {
    const small = new RouteTree<string>();
    small.set(parsePattern('/a/:x'), 'x');
    expect([['a'], [], ['b', 'c'], ['a', 'b', 'c']].map((path) => small.find(path))).toEqual(Array(4).fill(undefined));
  });

  test('with as many steps as there are patterns, not as there are ways', () => {
    const wide = new RouteTree<string>();
    const depth = 100;
    for (let length = 1; length < depth; length += 1) {
      wide.set(parsePattern('/a'.repeat(length)), 'literal');
      wide.set(parsePattern(Array.from({ length }, (_, index) => `/:p${index}`).join('')), 'parameter');
    }
    expect(wide.find(Array<string>(depth).fill('a'))).toBeUndefined();
  });
});

describe('parameters', () => {
  test.each<readonly [pattern: string, path: readonly string[], parameters: Record<string, string>]>([
    ['/a/:x', ['a', 'b/c'], { x: 'b/c' }],
    ['/:x/:y', ['1', ''], { x: '1', y: '' }],
    ['/a/:x/*rest', ['a', '1', '2', '3'], { x: '1', rest: '2/3' }],
    ['/:__proto__', ['1'], { ['__proto__']: '1' }],
    ['/a', ['a'], {}],
  ])('of %s in %j', (pattern, path, parameters) => {
    expect(Object.entries(pathParameters(parsePattern(pattern), path))).toEqual(Object.entries(parameters));
  });
});

describe('no pattern is', () => {
  test.each(['', 'a', 'a/b', '/:', '/*', '/:a b', '/:1', '/:a/:a', '/:a/*a', '/*rest/b', '/a/*r/'])('%j', (pattern) => {
    expect(() => parsePattern(pattern)).toThrow(TypeError);
  });
});

describe('a path as text', () => {
  test.each<readonly [text: string, segments: readonly string[]]>([
    ['/', []],
    ['/a', ['a']],
    ['/a/', ['a', '']],
    ['//', ['', '']],
    ['/a%2Fb', ['a%2Fb']],
  ])('%j', (text, segments) => {
    expect(pathSegments(text)).toEqual(segments);
  });

  test.each<readonly [segments: readonly string[], text: string]>([
    [[], '/'],
    [[''], '/'],
    [['', ''], '//'],
    [['a', 'b'], '/a/b'],
    [['a/b'], '/a%2Fb'],
    [['a%2Fb'], '/a%252Fb'],
    [["-._~!$&'()*+,;=:@"], "/-._~!$&'()*+,;=:@"],
    [['é <>?#'], '/%C3%A9%20%3C%3E%3F%23'],
  ])('of a URI: %j', (segments, text) => {
    expect(formatPath(segments)).toBe(text);
  });
});
