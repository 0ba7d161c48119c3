/** What each error code means. */
export const SenmlErrorCodes = {
  ERR_SENML_JSON: 'the document is not a JSON array of objects, or an object has a name twice',
  ERR_SENML_CBOR: 'the document is not one well-formed CBOR data item of the types that SenML uses',
  ERR_SENML_RECORD: 'a field of a record has the wrong type, a record breaks RFC 8428, or it can not be encoded',
  ERR_SENML_LIMIT: 'the document exceeds a limit',
} as const;
export type SenmlErrorCode = keyof typeof SenmlErrorCodes;

/** What a {@link SenmlError} knows beside what was expected and found. */
export interface SenmlErrorDetails {
  readonly offset?: number;
  readonly record?: number;
  readonly cause?: unknown;
}

/** A document or a record that is not what it should be. Never echoes the document. */
export class SenmlError extends Error {
  override readonly name: string = 'SenmlError';
  readonly code: SenmlErrorCode;
  /** What would have been right. */
  readonly expected: string;
  /** What was there, in words: never a part of the document. */
  readonly found: string;
  /**
   * Where in the document, in bytes, or in UTF-16 units of a string; of a record its start. Undefined for what was to be
   * encoded or resolved.
   */
  readonly offset: number | undefined;
  /** The record that it is about, counted from 0; undefined when it is about the document. */
  readonly record: number | undefined;

  constructor(code: SenmlErrorCode, expected: string, found: string, details: SenmlErrorDetails = {}) {
    const { offset, record, cause } = details;
    const place = offset === undefined ? '' : ` at offset ${String(offset)}`;
    super(`expected ${expected}, found ${found}${place}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.expected = expected;
    this.found = found;
    this.offset = offset;
    this.record = record;
  }
}

/** The error for the record at this place of the pack, counted from 0. */
export function recordError(expected: string, found: string, record: number): SenmlError {
  return new SenmlError('ERR_SENML_RECORD', expected, `${found} in record ${String(record)}`, { record });
}

/**
 * What is to be thrown instead of the error: the same with the offset of its record, which is looked for only now. Other
 * errors stay as they are.
 */
export function withRecordOffset(error: unknown, offsetOf: (record: number) => number): unknown {
  if (!(error instanceof SenmlError) || error.record === undefined || error.offset !== undefined) return error;
  const { code, expected, found, record } = error;
  return new SenmlError(code, expected, found, { record, offset: offsetOf(record) });
}
