import { CoapError } from '../errors.ts';

/** A link of a link-format document (RFC 6690 §2). */
export interface Link {
  /** The URI reference between the angle brackets, as on the wire: percent escapes are not resolved. */
  readonly target: string;
  /** In the order of the document. A repeated name stays: of `rt`, `if`, `sz`, `rel` and `title` the first one counts (RFC 8288 §3.3). */
  readonly attributes: readonly LinkAttribute[];
}

/** An attribute of a link. Values are without their quotes and the escapes in them. */
export interface LinkAttribute {
  readonly name: string;
  /** Undefined: the name stands alone, like `obs` (RFC 7641 §6). */
  readonly value?: string;
}

// What RFC 6690 §2 allows, as sticky patterns: each matches at its `lastIndex` or not at all.

/** The characters of a URI reference (RFC 3986 §2), with whole percent escapes. */
export const URI_REFERENCE: RegExp = /(?:[\w.~:/?#[\]@!$&'()*+,;=-]|%[\dA-Fa-f]{2})*/y;
/** `parmname`, with the star of an extended value (RFC 5987 §3.2.1). */
export const ATTRIBUTE_NAME: RegExp = /[\w!#$&+.^`|~-]+\*?/y;
/** `ptoken`. */
export const TOKEN: RegExp = /[\w!#$%&'()*+./:<=>?@[\]^`{|}~-]+/y;
/** `quoted-string` of RFC 2616 §2.2, without line breaks: what RFC 6690 shows on several lines is one. */
export const QUOTED_STRING: RegExp = /"(?:[^"\\\0-\x08\x0a-\x1f\x7f]|\\[^\0-\x08\x0a-\x1f\x7f])*"/y;
/** `cardinal`. */
export const CARDINAL: RegExp = /0|[1-9]\d*/y;

/** Values that are in quotes whatever they contain (RFC 6690 §2). */
export const ALWAYS_QUOTED: ReadonlySet<string> = new Set(['anchor', 'title']);

/** Whether a pattern of this file matches the whole text. */
export function isWhole(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(text) && pattern.lastIndex === text.length;
}

export function linkFormatError(message: string, offset: number): CoapError {
  return new CoapError('ERR_COAP_LINK_FORMAT', `${message} (offset ${offset})`);
}
