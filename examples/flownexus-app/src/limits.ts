/** Every bound of the app in one place. */
export const limits = {
  /** Batches that wait for a commit. Beyond them the device keeps its value and sends it again. */
  pendingBatches: 10_000,
  /** Values that wait for a commit. */
  pendingRecords: 100_000,
  /** Batches of one transaction: bounds how long one commit holds up everything else. */
  batchesPerCommit: 1_000,
  /** How long SQLite waits for a lock that another process holds, in milliseconds; the event loop stands still meanwhile. */
  databaseBusyMs: 2_000,
  /** Items of one page of a list, unless asked otherwise, and at most. */
  defaultPageSize: 1_000,
  maximumPageSize: 10_000,
  /** Characters of a cursor. An endpoint's name may have 255 bytes. */
  cursorLength: 1_500,
  /** Open event streams. */
  streamClients: 100,
  /** Bytes that a stream's reader may lag behind before it is dropped. */
  streamBacklogBytes: 1_048_576,
  /** A comment keeps an idle stream open through proxies, in milliseconds. */
  streamHeartbeatMs: 15_000,
  /** Shortest API token. */
  tokenLength: 16,
  /** The longest a graceful stop may take before the process exits anyway, in milliseconds. */
  stopMs: 5_000,
  /** A Read that the app starts by itself gives up after this time, in milliseconds. */
  readTimeoutMs: 60_000,
  /** Instances of a sensor object whose units are read when a device registers. */
  unitReadsPerObject: 16,
} as const;
