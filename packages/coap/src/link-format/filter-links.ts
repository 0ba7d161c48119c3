import { Code } from '../code.ts';
import { CoapError } from '../errors.ts';
import type { Link } from './link.ts';

/** Attributes with several values, separated by blanks, each of which a filter may match (RFC 6690 §2, RFC 7252 §7.2.1). */
const WITH_SEVERAL_VALUES: ReadonlySet<string> = new Set(['rel', 'rev', 'rt', 'if', 'ct']);

/**
 * Whether a link passes a filter in the form of a Uri-Query option: `name=value`, or `name=prefix*` (RFC 6690 §4.1). `href` is
 * about the target. A link without the attribute does not pass; an attribute without a value passes `name=` and `name=*`.
 *
 * Throws `CoapError` `ERR_COAP_LINK_FORMAT` with response code 4.00 when the query has no `=`.
 */
export function matchesFilter(link: Link, query: string): boolean {
  return matches(link, parseFilter(query));
}

/**
 * The links that pass all filters. RFC 6690 §4.1 defines a single one; with several each has to be fulfilled, as in the lookups
 * of RFC 9176 §6.1. Throws as `matchesFilter`, whether there are links or not.
 */
export function filterLinks(links: readonly Link[], queries: readonly string[]): Link[] {
  const filters = queries.map(parseFilter);
  return links.filter((link) => filters.every((filter) => matches(link, filter)));
}

interface Filter {
  readonly name: string;
  readonly value: string;
  readonly prefix: boolean;
}

function parseFilter(query: string): Filter {
  const end = query.indexOf('=');
  if (end < 0) {
    throw new CoapError('ERR_COAP_LINK_FORMAT', 'a filter has the form name=value', { responseCode: Code.BAD_REQUEST });
  }
  const prefix = query.endsWith('*');
  return { name: query.slice(0, end), value: query.slice(end + 1, prefix ? -1 : undefined), prefix };
}

function matches({ target, attributes }: Link, filter: Filter): boolean {
  const { name } = filter;
  if (name === 'href') return matchesValue(target, filter);
  return attributes.some((attribute) => {
    if (attribute.name !== name) return false;
    const { value = '' } = attribute;
    return WITH_SEVERAL_VALUES.has(name)
      ? value.split(' ').some((each) => matchesValue(each, filter))
      : matchesValue(value, filter);
  });
}

function matchesValue(value: string, filter: Filter): boolean {
  return filter.prefix ? value.startsWith(filter.value) : value === filter.value;
}
