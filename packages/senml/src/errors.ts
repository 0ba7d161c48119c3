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

  constructor(code: SenmlErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
