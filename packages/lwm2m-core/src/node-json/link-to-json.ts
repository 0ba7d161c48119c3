import { formatAttributeValue } from '../link-format/format-link-format.ts';
import type { Link } from '../link-format/link.ts';

/** A link as the REST interface of a Leshan server shows it. */
export interface LinkJson {
  readonly url: string;
  /** Values as link-format has them, with their quotes; null for an attribute without a value. */
  readonly attributes: Readonly<Record<string, string | null>>;
}

/**
 * The JSON of a link: of a registration, or of the answer to a Discover. Links keep no quotes, so that they are where link-format needs them, and where `formatLinkFormat` has
 * them always.
 *
 * @throws RangeError for a value with control characters, which no parsed link has
 */
export function linkToJson({ target, attributes }: Link): LinkJson {
  const values = Object.entries(attributes).map(([name, value]): [string, string | null] => [
    name,
    value === true ? null : formatAttributeValue(name, value),
  ]);
  return { url: target, attributes: Object.fromEntries(values) };
}
