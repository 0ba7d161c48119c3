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
  /** Resource types that are kept in memory. A type beyond them is looked up in the database. */
  cachedResourceTypes: 10_000,
  /** Series (a Resource of one Object Instance) that one list merges, and steps to find them. Beyond them it is refused. */
  seriesPerRequest: 2_000,
  /** Ends of registrations that could not be stored and are tried again. Those beyond are corrected by the next start. */
  unstoredEnds: 100_000,
  /** Of them, how many are tried at once. */
  unstoredEndsAtOnce: 1_000,
  /** Between two tries, in milliseconds. */
  unstoredEndsRetryMs: 10_000,
  /** Items of one page of a list, unless asked otherwise, and at most. */
  defaultPageSize: 1_000,
  maximumPageSize: 10_000,
  /** Bytes of the strings and opaque values of one page; a page with larger ones has fewer items. */
  pageValueBytes: 4_194_304,
  /** Larger values are read only when they are on the page. */
  inlineValueBytes: 1_024,
  /** Characters of a cursor. An endpoint's name may have 255 bytes. */
  cursorLength: 1_500,
  /** Open event streams. */
  streamClients: 100,
  /** Bytes that a stream's reader may lag behind before it is dropped. */
  streamBacklogBytes: 1_048_576,
  /** A comment keeps an idle stream open through proxies, in milliseconds. */
  streamHeartbeatMs: 15_000,
  /** Bytes of the body of a request. */
  bodyBytes: 16_384,
  /** Bytes of a PSK identity and of a common name, of a pre-shared key, and characters of a public key in base64. */
  identityBytes: 255,
  pskBytes: 128,
  publicKeyCharacters: 1_024,
  /** Shortest API token. */
  tokenLength: 16,
  /** The longest a graceful stop may take before the process exits anyway, in milliseconds. */
  stopMs: 5_000,
  /** Errors of the LwM2M server that are logged in one second; the others are counted. */
  errorLinesPerSecond: 5,
  /** A Read that the app starts by itself gives up after this time, in milliseconds. */
  readTimeoutMs: 60_000,
  /** Instances of a sensor object whose units are read when a device registers. */
  unitReadsPerObject: 16,
  /** How long a call of the Leshan surface waits for a device when it does not say, and at most, in seconds. */
  leshanTimeoutSeconds: 5,
  leshanLongestTimeoutSeconds: 86_400,
  /** Bytes of the body of such a call: an opaque value of half of that fits in. */
  leshanBodyBytes: 262_144,
  /** Observations that were made by that surface, of all endpoints. */
  leshanObservations: 10_000,
  /** Bytes of the payload of a message that its log shows. */
  leshanLoggedPayloadBytes: 2_048,
  /** Its heartbeat: its readers give up after ten seconds of silence. */
  leshanHeartbeatMs: 4_000,
} as const;
