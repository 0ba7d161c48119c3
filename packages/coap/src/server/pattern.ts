import { pathSegments } from './path.ts';

/** What stands at one place of a pattern. */
export type PatternSegment =
  { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'parameter' | 'rest'; readonly name: string };

const NAME = /^[A-Za-z_]\w*$/;

/** The parts of a pattern. Throws `TypeError` for one that is none. */
export function parsePattern(pattern: string): readonly PatternSegment[] {
  const parts = pathSegments(pattern);
  const names = new Set<string>();
  return parts.map((part, index): PatternSegment => {
    const kind = part.startsWith(':') ? 'parameter' : part.startsWith('*') ? 'rest' : undefined;
    if (kind === undefined) return { kind: 'literal', text: part };
    const name = part.slice(1);
    if (!NAME.test(name)) throw new TypeError(`a parameter of ${pattern} has a name that is no identifier`);
    if (names.has(name)) throw new TypeError(`${pattern} has two parameters with the name ${name}`);
    if (kind === 'rest' && index < parts.length - 1) throw new TypeError(`${pattern} goes on after its rest`);
    names.add(name);
    return { kind, name };
  });
}

/** The values that a path gives the parameters of the pattern that it matches. */
export function pathParameters(
  pattern: readonly PatternSegment[],
  path: readonly string[],
): Readonly<Record<string, string>> {
  const parameters = Object.create(null) as Record<string, string>;
  for (const [index, segment] of pattern.entries()) {
    if (segment.kind === 'parameter') parameters[segment.name] = path[index] ?? '';
    else if (segment.kind === 'rest') parameters[segment.name] = path.slice(index).join('/');
  }
  return parameters;
}
