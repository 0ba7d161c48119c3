/** The bounds of the CBOR reader. */
export interface CborLimits {
  /** Bytes of a document. */
  readonly maxBytes: number;
  /** Arrays and maps within each other; values beyond 500 count as 500. */
  readonly maxNesting: number;
  /** Data items in total, keys and values of maps each counted; of JSON the members of arrays and objects. */
  readonly maxItems: number;
}

/** The bounds of the SenML readers. */
export interface SenmlLimits extends CborLimits {
  /** Records of a pack. */
  readonly maxRecords: number;
  /** UTF-16 units of a resolved name, so that a long base name can not be multiplied by many records. */
  readonly maxNameLength: number;
}

/** What the stack bears, whatever the limits say. */
export const MAX_NESTING = 500;

export const DEFAULT_LIMITS: SenmlLimits = {
  maxBytes: 1_048_576,
  maxNesting: 8,
  // 10 000 records of ten fields.
  maxItems: 100_000,
  maxRecords: 10_000,
  maxNameLength: 512,
};
