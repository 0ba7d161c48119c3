/** Bounds of the device side. */
export const limits = {
  /** Observations at one time; one more is answered 5.03. */
  observations: 64,
  /** Instances an object may have. */
  instancesPerObject: 1_000,
  /** First and longest wait between two attempts to register, in milliseconds. */
  registerBackoffMs: { first: 2_000, longest: 60_000 },
  /** An Update is sent this long before the lifetime ends, in seconds, or at half of a short lifetime. */
  updateMarginSeconds: 20,
} as const;
