/** Bounds of the device side. */
export const limits = {
  /** Observations at one time; one more is answered 5.03. */
  observations: 64,
  /** Instances an object may have. */
  instancesPerObject: 1_000,
  /** Instances a multiple Resource may have; a Write of more is answered 4.00. */
  resourceInstances: 1_000,
  /** Paths of one composite operation; more are answered 4.00. */
  compositePaths: 256,
  /** Paths that have attributes; one more is answered 5.03. */
  attributePaths: 256,
  /** First and longest wait between two attempts to register, in milliseconds. */
  registerBackoffMs: { first: 2_000, longest: 60_000 },
  /** An Update is sent this long before the lifetime ends, in seconds, or at half of a short lifetime. */
  updateMarginSeconds: 20,
} as const;
