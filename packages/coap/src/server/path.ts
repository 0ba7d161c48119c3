/**
 * A path as text, `/sensors/1`, or as Uri-Path segments, `['sensors', '1']`. Text is split at its slashes and nothing in it is
 * an escape; a segment with a slash in it needs the other form.
 */
export type ResourcePath = string | readonly string[];

/** The names of the parameters in a pattern: `'id'` of `/sensors/:id/value`. */
export type ParameterNames<Pattern extends string> = Pattern extends `${infer Head}/${infer Tail}`
  ? ParameterNames<Head> | ParameterNames<Tail>
  : Pattern extends `:${infer Name}` | `*${infer Name}`
    ? Name
    : never;

/** The parameters of a pattern that the compiler knows, or of any. */
export type PathParameters<Pattern extends string> = string extends Pattern
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParameterNames<Pattern>]: string };

/** The segments of a path. Throws `TypeError` for text that doesn't begin with a slash. */
export function pathSegments(path: ResourcePath): readonly string[] {
  if (typeof path !== 'string') return withoutRoot(path);
  if (!path.startsWith('/')) throw new TypeError(`a path begins with "/", unlike ${path}`);
  return path === '/' ? [] : path.slice(1).split('/');
}

/** `/` is the URI of no segments and of a single empty one (RFC 7252 §6.5). */
export function withoutRoot(segments: readonly string[]): readonly string[] {
  return segments.length === 1 && segments[0] === '' ? [] : segments;
}

/** The path of a URI (RFC 7252 §6.5): different for different segments. */
export function formatPath(segments: readonly string[]): string {
  return `/${withoutRoot(segments).map(encodeSegment).join('/')}`;
}

/** Leaves alone what RFC 3986 §3.3 allows in a segment. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(/%(?:3A|40|24|26|2B|2C|3B|3D)/g, decodeURIComponent);
}
