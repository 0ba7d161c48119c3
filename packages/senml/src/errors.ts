/** What each error code means. */
export const SenmlErrorCodes = {
  ERR_SENML_JSON: 'the document is not a JSON array of objects',
  ERR_SENML_CBOR: 'the document is not one well-formed CBOR data item of the types that SenML uses',
  ERR_SENML_RECORD: 'a field of a record has the wrong type, a record breaks RFC 8428, or it can not be encoded',
  ERR_SENML_LIMIT: 'the document exceeds a limit',
} as const;
export type SenmlErrorCode = keyof typeof SenmlErrorCodes;

/** A document or a record that is not what it should be. Never echoes the document. */
export class SenmlError extends Error {
  override readonly name: string = 'SenmlError';
  readonly code: SenmlErrorCode;
  /** What would have been right. */
  readonly expected: string;
  /** What was there, in words: never a part of the document. */
  readonly found: string;
  /** Where in the document, in bytes, or in characters of a string; undefined for what was to be encoded. */
  readonly offset: number | undefined;

  constructor(
    code: SenmlErrorCode,
    expected: string,
    found: string,
    options: { readonly offset?: number; readonly cause?: unknown } = {},
  ) {
    const { offset, cause } = options;
    const place = offset === undefined ? '' : ` at offset ${String(offset)}`;
    super(`expected ${expected}, found ${found}${place}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.expected = expected;
    this.found = found;
    this.offset = offset;
  }
}
