import type { LinkAttribute } from '../link-format/link.ts';

/** A value of an attribute; `true` is an attribute without a value. */
export type AttributeValue = string | number | true | readonly (string | number)[];

/** The attributes of a link by name. Several values are joined with blanks. */
export interface AttributeValues {
  /** Resource types (RFC 6690 §3.1). */
  readonly rt?: string | readonly string[];
  /** Interface descriptions (RFC 6690 §3.2). */
  readonly if?: string | readonly string[];
  /** Content-Formats (RFC 7252 §7.2.1). */
  readonly ct?: number | readonly number[];
  /** The largest size of the representation, in bytes (RFC 6690 §3.3). */
  readonly sz?: number;
  readonly title?: string;
  readonly [name: string]: AttributeValue | undefined;
}

/** In the form that link-format has them. */
export function linkAttributes(values: AttributeValues): LinkAttribute[] {
  const attributes: LinkAttribute[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === true) attributes.push({ name });
    else if (value !== undefined)
      attributes.push({ name, value: typeof value === 'object' ? value.join(' ') : `${value}` });
  }
  return attributes;
}
