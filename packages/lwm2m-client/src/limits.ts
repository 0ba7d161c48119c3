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
  /** Values with times that wait for a notification; beyond it the oldest is lost. */
  reportedRecords: 256,
  /** Paths that have attributes; one more is answered 5.03. */
  attributePaths: 256,
  /** Bytes of a firmware package: the largest body that CoAP has blocks for. */
  packageBytes: 1_073_741_824,
  /** Bytes that a log keeps, unless its options say otherwise. */
  logBytes: 16_384,
  /** First and longest wait between two attempts to register, in milliseconds. */
  registerBackoffMs: { first: 2_000, longest: 60_000 },
  /** How long after a refusal it is tried again when nobody waits for it, in milliseconds. */
  refusedRetryMs: 600_000,
  /** How long after the last request of the bootstrap server the bootstrap has failed, in milliseconds: EXCHANGE_LIFETIME (TS Core §6.1). */
  bootstrapTimeoutMs: 247_000,
  /** How long a bootstrap server may ask again for the answer to its Bootstrap-Finish, in milliseconds: MAX_TRANSMIT_SPAN. */
  bootstrapLingerMs: 45_000,
  /** First and longest wait after a bootstrap that failed, in milliseconds. */
  bootstrapBackoffMs: { first: 5_000, longest: 600_000 },
  /** How often registering is tried before it counts as failed, where the Server Object does not say (Resource 17). */
  registrationAttempts: 5,
  /** How long an answer to a De-register is awaited, in milliseconds. */
  deregisterTimeoutMs: 5_000,
  /** How long after a change of the object list an Update tells it, in milliseconds: several changes go together. */
  listUpdateDelayMs: 500,
  /** How long a reboot takes, in milliseconds. */
  rebootMs: 1_000,
  /** An Update is sent this long before the lifetime ends, in seconds, or at half of a short lifetime. */
  updateMarginSeconds: 20,
} as const;
