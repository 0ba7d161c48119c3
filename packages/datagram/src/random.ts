/** The source of all randomness in an engine: Message IDs, tokens, jitter. */
export interface RandomSource {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** A number in [0, 1). */
  unit(): number;
}
