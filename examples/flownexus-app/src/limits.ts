/** Every bound of the app in one place. */
export const limits = {
  /** Batches, and values in them, that wait for a commit. Beyond them the device keeps its value and sends it again. */
  pendingRecords: 100_000,
  /** Removals of endpoints and of empty series that wait for a commit. */
  pendingRemovals: 1_000,
  /** Ids that are taken from the database at once: after a restart the rest of them is never used. */
  idsPerBlock: 10_000,
  /** Series whose ids are kept in memory. One beyond them is looked up in the database. */
  cachedSeries: 200_000,
  /** Batches of one transaction: bounds how long one commit holds up everything else. */
  batchesPerCommit: 1_000,
  /** How long more is waited for between one transaction and the next, in milliseconds. */
  commitGatherMs: 5,
  /** Prepared statements that each connection to SQLite keeps. */
  preparedStatements: 500,
  /** What SQLite's writing connection keeps of the file in memory, and pages of 4096 bytes that the write-ahead log holds before they go into it. */
  sqliteCacheKib: 65_536,
  sqliteWalPages: 16_000,
  /** Connections to PostgreSQL for short work, and for what takes long. */
  databaseConnections: 8,
  longReadConnections: 2,
  /** How long a query waits for a connection to PostgreSQL, and a statement and a long one may take, in milliseconds. */
  databaseConnectMs: 5_000,
  statementMs: 30_000,
  longReadMs: 60_000,
  /** Between two tries to reach PostgreSQL again for the lock that keeps a second FlowNexus away, in milliseconds. */
  databaseRetryMs: 1_000,
  /** How long SQLite waits for a lock that another process holds, in milliseconds; the event loop stands still meanwhile. */
  databaseBusyMs: 2_000,
  /** Resource types that are kept in memory. A type beyond them is looked up in the database. */
  cachedResourceTypes: 10_000,
  /** Series (a Resource of one Object Instance) that one list merges, and steps to find them. Beyond them it is refused. */
  seriesPerRequest: 2_000,
  /** Series that a walk through all of them reads at a time. */
  seriesPerPage: 200,
  /** Policies of how long values are kept, and how often they are applied, in milliseconds. */
  retentionPolicies: 200,
  retentionEveryMs: 3_600_000,
  /** Values that one transaction of the retention deletes. */
  retentionRows: 2_000,
  /** Rows of an export that are read at a time; and of those whose text or bytes are large. */
  exportRows: 1_000,
  exportLargeRows: 100,
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
  /** Characters of a cursor. An endpoint's name may have 255 bytes, and what a list is sorted by as many characters as below. */
  cursorLength: 4_000,
  sortKeyLength: 100,
  /** Characters of the name of an endpoint in a request, and of a text to search for. */
  endpointNameLength: 1_024,
  searchLength: 200,
  /** Open event streams. */
  streamClients: 100,
  /** Events, and bytes of them, that are kept for streams that lag behind or come back. Who lags behind further is dropped. */
  streamReplayEvents: 50_000,
  streamReplayBytes: 8_388_608,
  /** How long events are kept on when nobody reads any more, in milliseconds. */
  streamReplayMs: 60_000,
  /** Bytes that are written to a stream at once, and that may wait in its socket. */
  streamWriteBytes: 65_536,
  streamBacklogBytes: 1_048_576,
  /** A comment keeps an idle stream open through proxies, in milliseconds. */
  streamHeartbeatMs: 15_000,
  /** How long the database may take to answer whether the app is ready, and how long the answer is kept, in milliseconds. */
  readyMs: 2_000,
  readyKeptMs: 1_000,
  /** Errors that one answer lists. */
  problemIssues: 20,
  /** Bytes of the body of a request. */
  bodyBytes: 16_384,
  /** Bytes of a PSK identity and of a common name, of a pre-shared key, and characters of a public key in base64. */
  identityBytes: 255,
  pskBytes: 128,
  publicKeyCharacters: 1_024,
  /** Characters of a password. */
  passwordLength: 10,
  maximumPasswordLength: 128,
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
} as const;
