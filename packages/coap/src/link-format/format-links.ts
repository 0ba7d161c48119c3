import { ALWAYS_QUOTED, ATTRIBUTE_NAME, CARDINAL, isWhole, QUOTED_STRING, TOKEN, URI_REFERENCE } from './link.ts';
import type { Link, LinkAttribute } from './link.ts';

/** Values that old parsers expect in quotes, as the examples of RFC 6690 §5 have them. */
const USUALLY_QUOTED: ReadonlySet<string> = new Set(['rt', 'if', 'rel']);

/**
 * The link-format document of links (RFC 6690 §2), which `parseLinks` reads. Throws `RangeError` for a target that is no URI
 * reference, and for a name or a value that link-format can't express.
 */
export function formatLinks(links: Iterable<Link>): string {
  let document = '';
  for (const { target, attributes } of links) {
    if (!isWhole(URI_REFERENCE, target)) throw new RangeError('the target of a link is a URI reference');
    document += `${document === '' ? '' : ','}<${target}>`;
    for (const attribute of attributes) document += `;${formatAttribute(attribute)}`;
  }
  return document;
}

function formatAttribute({ name, value }: LinkAttribute): string {
  if (!isWhole(ATTRIBUTE_NAME, name)) throw new RangeError('the name of an attribute has other characters');
  if (value === undefined) return name;
  if (name === 'sz') {
    if (!isWhole(CARDINAL, value)) throw new RangeError('the attribute sz is a number');
    return `${name}=${value}`;
  }
  const quoted = ALWAYS_QUOTED.has(name) || USUALLY_QUOTED.has(name) || !isWhole(TOKEN, value);
  if (!quoted) return `${name}=${value}`;
  const text = `"${value.replace(/["\\]/g, String.raw`\$&`)}"`;
  if (!isWhole(QUOTED_STRING, text)) throw new RangeError(`the attribute ${name} has control characters`);
  return `${name}=${text}`;
}
