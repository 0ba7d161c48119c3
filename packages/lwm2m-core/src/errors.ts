/** What each error code means. */
export const Lwm2mErrorCodes = {
  ERR_LWM2M_DECODE: 'a payload does not decode in its Content-Format',
  ERR_LWM2M_ENCODE: 'a node can not be encoded in that Content-Format',
  ERR_LWM2M_CONTENT_FORMAT: 'the Content-Format is not one of LwM2M',
  ERR_LWM2M_PATH: 'a path is malformed',
  ERR_LWM2M_LINK_FORMAT: 'a link-format document is malformed',
  ERR_LWM2M_ATTRIBUTES: 'notification attributes are malformed',
  ERR_LWM2M_ARGUMENTS: 'the arguments of an Execute are malformed',
  ERR_LWM2M_DEFINITION: 'an object definition is malformed',
} as const;
export type Lwm2mErrorCode = keyof typeof Lwm2mErrorCodes;

/** A failure of the LwM2M data layer: text or bytes that are not what they should be. Never echoes payloads. */
export class Lwm2mError extends Error {
  override readonly name: string = 'Lwm2mError';
  readonly code: Lwm2mErrorCode;

  constructor(code: Lwm2mErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Text or bytes that do not decode: `expected a digit, found another character at offset 3`. Thrown for every input that is
 * not what it should be, and nothing else is.
 */
export class DecodeError extends Lwm2mError {
  override readonly name: string = 'DecodeError';
  /** What would have been right. */
  readonly expected: string;
  /** What was there, in words: never a part of the input. */
  readonly found: string;
  /** Where, from the start: in bytes of a payload, in characters of text that was given as a string. */
  readonly offset: number;
  /** Of JSON that was parsed before: where, as a JSON pointer (RFC 6901). Undefined for bytes and text. */
  readonly pointer: string | undefined;

  constructor(
    code: Lwm2mErrorCode,
    expected: string,
    found: string,
    offset: number,
    options?: { readonly cause?: unknown; readonly pointer?: string },
  ) {
    super(code, `expected ${expected}, found ${found} at offset ${offset}`, options);
    this.expected = expected;
    this.found = found;
    this.offset = offset;
    this.pointer = options?.pointer;
  }
}
