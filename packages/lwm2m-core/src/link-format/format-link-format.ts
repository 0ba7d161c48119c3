import { isA, isControl, isInRange, isToken, NAME, scanTarget } from './grammar.ts';
import type { Link } from './link.ts';

/** Written in quotes always: what RFC 6690 and TS Core define so, and what old parsers expect so. */
const QUOTED_NAMES: ReadonlySet<string> = new Set(['anchor', 'if', 'rt', 'title', 'uri']);

/**
 * The link-format text of links, which `parseLinkFormat` takes even when strict. Values are quoted where they must be,
 * and those of `rt`, `if`, `title`, `anchor` and `uri` always.
 *
 * @throws RangeError for a target that is not an absolute path, or a name or value that link-format can not carry
 */
export function formatLinkFormat(links: readonly Link[]): string {
  return links.map(formatLink).join(',');
}

function formatLink(link: Link): string {
  const { target } = link;
  if (scanTarget(target, 0) !== target.length || !/^\/(?:.*[^/])?$/.test(target)) {
    throw new RangeError('the target of a link is an absolute path');
  }
  let text = `<${target}>`;
  for (const [name, value] of Object.entries(link.attributes)) text += `;${formatAttribute(name, value)}`;
  return text;
}

function formatAttribute(name: string, value: string | true): string {
  for (let offset = 0; offset < name.length; offset += 1) {
    if (!isA(NAME, name.charCodeAt(offset))) throw new RangeError('the name of an attribute has other characters');
  }
  if (name === '' || !isInRange(name, value)) throw new RangeError('an attribute is unnamed or out of its range');
  return value === true ? name : `${name}=${formatAttributeValue(name, value)}`;
}

/**
 * The value of an attribute as link-format has it: in quotes where it must be, and always for the names that have them by definition.
 *
 * @throws RangeError for a value with control characters
 */
export function formatAttributeValue(name: string, value: string): string {
  if (isToken(value) && !QUOTED_NAMES.has(name)) return value;
  for (let offset = 0; offset < value.length; offset += 1) {
    if (isControl(value.charCodeAt(offset))) throw new RangeError('the value of an attribute has control characters');
  }
  return `"${value.replace(/["\\]/g, String.raw`\$&`)}"`;
}
