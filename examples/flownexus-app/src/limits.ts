/** Every bound of the app in one place. */
export const limits = {
  /** Batches, values in them, and kilobytes of their text and bytes, all together, that wait for a commit. Beyond them the device keeps its value and sends it again. */
  pendingRecords: 100_000,
  /** Removals of endpoints and of empty series that wait for a commit. */
  pendingRemovals: 1_000,
  /** Ids that are taken from the database at once: after a restart the rest of them is never used. */
  idsPerBlock: 10_000,
  /** Series whose ids are kept in memory. One beyond them is looked up in the database. */
  cachedSeries: 200_000,
  /** Batches of one transaction: bounds how long one commit holds up everything else. */
  batchesPerCommit: 1_000,
  /** How often a transaction is written that is rolled back for the sake of others at the same time, such as by a deadlock. */
  commitAttempts: 5,
  /** How long more is waited for between one transaction and the next, in milliseconds. */
  commitGatherMs: 5,
  /** Kilobytes of registrations, observations, operations and associations, of each so many, that wait for a commit. */
  pendingStoreKilobytes: 65_536,
  /** Paths of a composite operation, values of a Write of several, characters of the arguments of an Execute, and seconds of a time to live. */
  operationPaths: 256,
  operationValues: 10_000,
  executeArgumentLength: 4_096,
  operationTtlSeconds: 31_536_000,
  /** Endpoints of one bulk of operations, those that it can name, and refusals that its answer lists. */
  bulkEndpoints: 100_000,
  bulkNames: 10_000,
  bulkRefusals: 100,
  /** Operations of a bulk that are queued at a time. */
  bulkAtOnce: 250,
  /** Bytes of the body of a request for an operation: an opaque value of half of that fits in. And of a bulk. */
  operationBodyBytes: 1_048_576,
  bulkBodyBytes: 4_194_304,
  /** Seconds that a request may wait for an operation to be finished, and requests that do so at a time. */
  operationWaitSeconds: 60,
  operationWaits: 1_000,
  /** Bytes of an opaque value that was written, or read by an operation, beyond which it is not stored as a value. */
  storedOperationBytes: 65_536,
  /** How long finished operations are kept, in days, and how many of one endpoint; operations that one transaction removes, and how often it is looked, in milliseconds. */
  operationDays: 30,
  finishedOperationsPerEndpoint: 1_000,
  operationsPerRemoval: 500,
  operationRetentionMs: 3_600_000,
  /** Prepared statements that each connection to SQLite keeps. */
  preparedStatements: 500,
  /** What SQLite's writing connection keeps of the file in memory. */
  sqliteCacheKib: 16_384,
  /**
   * Pages of 4096 bytes of the write-ahead log that a thread of its own copies into the file, how often it looks, and how long after the start it begins, in
   * milliseconds. The connection that writes copies what is left at a few more: then the log begins anew.
   */
  sqliteCheckpointPages: 16_000,
  sqliteCheckpointMs: 200,
  sqliteCheckpointAfterMs: 2_000,
  sqliteWalPages: 17_000,
  /** Datagrams of devices that wait in the system while the app does something else, in bytes; the system may allow less (Linux: `net.core.rmem_max`). */
  receiveBufferBytes: 4_194_304,
  /** Connections to PostgreSQL for short work, and for what takes long. */
  databaseConnections: 8,
  longReadConnections: 2,
  /** How long a query waits for a connection to PostgreSQL, and a statement and a long one may take, in milliseconds. */
  databaseConnectMs: 5_000,
  statementMs: 30_000,
  longReadMs: 60_000,
  /** Between two tries to reach PostgreSQL again for the lock that keeps a second FlowNexus away, in milliseconds. */
  databaseRetryMs: 1_000,
  /** How often the connection of that lock is looked at, and how long another may have the lock after it was lost, in milliseconds. */
  databaseBeatMs: 10_000,
  databasePatienceMs: 60_000,
  /** How long SQLite waits for a lock that another process holds, in milliseconds; the event loop stands still meanwhile. */
  databaseBusyMs: 2_000,
  /** Resource types that are kept in memory. A type beyond them is looked up in the database. */
  cachedResourceTypes: 10_000,
  /** Resource types that no definition tells of are added until there are so many of all kinds: devices make them up. */
  resourceTypes: 20_000,
  /** Series of one endpoint, unless the settings say otherwise. */
  seriesPerEndpoint: 2_000,
  /** Endpoints of which it is remembered that they were told of in the log. */
  toldEndpoints: 10_000,
  /** Series (a Resource of one Object Instance) that one list merges, and steps to find them. Beyond them it is refused. */
  seriesPerRequest: 2_000,
  /** The same for a list of what has one name, over all endpoints. */
  seriesPerName: 10_000,
  /** Series that a walk through all of them reads at a time. */
  seriesPerPage: 200,
  /** Policies of how long values are kept, and how often they are applied, in milliseconds. */
  retentionPolicies: 200,
  retentionEveryMs: 600_000,
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
  /** How often it is looked for endpoints that another server has reported and whose lifetime has passed, in milliseconds, and how many end at once. */
  reportedEndsEveryMs: 60_000,
  reportedEndsAtOnce: 1_000,
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
  /** Bytes of an endpoint name, and so characters at most. */
  endpointNameLength: 255,
  /** Characters of a text to search for. */
  searchLength: 200,
  /** Open event streams. */
  streamClients: 100,
  /** Events, and bytes of them, that are kept for streams that lag behind or come back. Who lags behind further is dropped. */
  streamReplayEvents: 50_000,
  streamReplayBytes: 8_388_608,
  /** How long events are kept on when nobody reads any more, in milliseconds. */
  streamReplayMs: 60_000,
  /** Batches that wait to be read back for the streams. */
  unpublishedBatches: 10_000,
  /** Bytes that are written to a stream at once, and that may wait in its socket. */
  streamWriteBytes: 65_536,
  streamBacklogBytes: 1_048_576,
  /** A comment keeps an idle stream open through proxies, in milliseconds. */
  streamHeartbeatMs: 15_000,
  /** Event definitions and event rules, each; webhooks. */
  eventDefinitions: 200,
  webhooks: 50,
  /** Characters of the name of a definition or rule, of its message, and of the note of an acknowledgement. */
  eventNameLength: 100,
  eventMessageLength: 500,
  /** Paths of a definition, and conditions of a rule. */
  definitionPaths: 50,
  ruleConditions: 8,
  /** Names of endpoints, and types of events, in a filter, and bytes of a body that has some. */
  filterNames: 200,
  filterBodyBytes: 524_288,
  /** States of endpoints that all rules keep together, and those that each rule may keep besides. Beyond them the oldest is forgotten. */
  ruleStates: 1_000_000,
  ruleStatesOfEach: 5_000,
  /** How often rules look at the time, in milliseconds, and how long one waits with an event that could not be stored. */
  ruleTickMs: 1_000,
  ruleRetryMs: 10_000,
  /** Events of rules that wait for a commit without a value that came. */
  pendingTimedEvents: 100_000,
  /** Series that are read at once where rules take their state from the latest values. */
  seriesPerRead: 1_000,
  /** Values of an event in one answer, and bytes of what is sent to a webhook. */
  eventValues: 10_000,
  webhookBodyBytes: 262_144,
  /** Hosts that the configuration allows webhooks although their addresses are not public. */
  webhookHosts: 100,
  /** Characters of the URL of a webhook. */
  webhookUrlLength: 2_048,
  /** How long a webhook may take, and how much of its answer is read: in milliseconds and bytes. */
  webhookTimeoutMs: 15_000,
  webhookAnswerBytes: 65_536,
  /** The longest that the sender sleeps, and how long it waits for a database that is away, in milliseconds. */
  webhookSleepMs: 3_600_000,
  webhookDatabaseRetryMs: 10_000,
  /** Deliveries that are under way to one webhook. */
  webhookDeliveriesAtOnce: 4,
  /** Deliveries that wait for one webhook; events beyond count as failed. */
  waitingDeliveries: 100_000,
  /** How often they are counted, in milliseconds. */
  waitingDeliveriesCountMs: 10_000,
  /** How often old events and deliveries are deleted, in milliseconds, and how many at once. */
  eventRetentionEveryMs: 3_600_000,
  eventRetentionRows: 500,
  /** How long after each failed attempt the next one is made, in milliseconds. After the last the delivery has failed. */
  webhookRetryMs: [5_000, 60_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000],
  /** How long deliveries that are over are listed, in milliseconds. */
  deliveryRetentionMs: 604_800_000,
  /** Changes of one endpoint's registration that an answer about its availability has, and endpoints of one page. */
  availabilityChanges: 10_000,
  availabilityPageSize: 100,
  /** How long the database may take to answer whether the app is ready, and how long the answer is kept, in milliseconds. */
  readyMs: 2_000,
  readyKeptMs: 1_000,
  /** How long the numbers of the statistics are kept, in milliseconds. */
  statisticsKeptMs: 2_000,
  /** Errors that one answer lists. */
  problemIssues: 20,
  /** Characters of what one of them says, and of where. */
  problemTextLength: 300,
  /** Bytes of the body of a request. */
  bodyBytes: 16_384,
  /** Levels of arrays and objects in it. */
  bodyDepth: 32,
  /** Bytes of a report of values. */
  reportBytes: 1_048_576,
  /** Bytes of a PSK identity and of a common name, of a pre-shared key, and characters of a public key in base64. */
  identityBytes: 255,
  pskBytes: 128,
  publicKeyCharacters: 1_024,
  /** Characters of a password. */
  passwordLength: 10,
  maximumPasswordLength: 128,
  /** Shortest API token. */
  tokenLength: 16,
  /** Users, sessions and API tokens of one user, and characters of the names of users and tokens. */
  users: 1_000,
  sessionsPerUser: 50,
  tokensPerUser: 50,
  userNameLength: 64,
  tokenNameLength: 100,
  /** Until a session that nobody uses ends; after the second time its use prolongs it. In seconds. */
  sessionSeconds: 604_800,
  sessionRefreshSeconds: 3_600,
  /** What is kept of what a browser says it is. */
  userAgentCharacters: 300,
  /** How long it is remembered whose a session or token is, in milliseconds, and how many of them. What ends one empties the memory at once. */
  principalCacheMs: 5_000,
  cachedPrincipals: 10_000,
  /** How exactly it is kept when a token was last used, in milliseconds. */
  tokenUseMs: 60_000,
  /** Wrong passwords and codes for one name and from one address in the time, in milliseconds; names and addresses that are remembered. */
  failuresPerName: 10,
  failuresPerAddress: 50,
  failureWindowMs: 900_000,
  rememberedFailures: 10_000,
  /** Passwords that are checked at once: each takes 32 MiB and a thread. Who comes when all are busy is told to try again. */
  passwordChecks: 8,
  /** Codes of the second factor that were used and can not be used again, and for how long, in milliseconds. */
  usedCodes: 10_000,
  usedCodeMs: 120_000,
  /** Entries of the audit log; the oldest make room. Bytes of the target and of the detail of one. */
  auditEntries: 1_000_000,
  auditTargetCharacters: 1_024,
  auditDetailCharacters: 4_096,
  /** The longest a graceful stop may take before the process exits anyway, in milliseconds. */
  stopMs: 20_000,
  /** Errors of the LwM2M server that are logged in one second; the others are counted. */
  errorLinesPerSecond: 5,
  /** A Read that the app starts by itself gives up after this time, in milliseconds. */
  readTimeoutMs: 60_000,
  /** Instances of a sensor object whose units are read when a device registers. */
  unitReadsPerObject: 16,
  /** Endpoints that wait for approval. */
  heldEndpoints: 1_000,
  /** How long one waits that does not ask any more, and how often it is looked for such, in milliseconds. */
  heldMs: 604_800_000,
  heldEveryMs: 3_600_000,
  /** Endpoints whose messages are counted in a minute. */
  countedEndpoints: 200_000,
  /** What a device is told when to try again, where there is no place for it, in seconds. */
  retryAfterSeconds: 3_600,
  /** Observation policies, the names of endpoints and the paths that one has, and bytes of one. */
  observationPolicies: 500,
  endpointsOfPolicy: 1_000,
  pathsOfPolicy: 64,
  policyBytes: 524_288,
  /** Characters of a path, and of a fingerprint with colons. */
  pathLength: 100,
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
  fingerprintCharacters: 100,
  /** Bytes of a bootstrap configuration: a byte of a key or certificate takes four. */
  bootstrapBytes: 262_144,
  /** Object models that were uploaded, those of one document, and its bytes. The longest public one has 34 thousand. */
  objectModels: 1_000,
  objectModelsAtOnce: 32,
  objectModelBytes: 1_048_576,

  // Firmware packages.
  /** Packages, and uploads of them at a time. */
  firmwarePackages: 1_000,
  firmwareUploads: 8,
  /** When who comes while there are as many as may be is to try again, in seconds. */
  uploadRetrySeconds: 60,
  /** Characters of the version of a package, of its file name and its notes. All of them have to fit into the address of a request. */
  firmwareVersionLength: 100,
  firmwareFileNameLength: 255,
  firmwareNotesLength: 1_000,
  /** Bytes of the disk that uploads leave free for the database, and how many of an upload are written until it is looked again. */
  firmwareDiskReserveBytes: 67_108_864,
  firmwareDiskLookBytes: 16_777_216,
  /** Bytes of a file that CoAP transfers: 2^20 blocks of 1024. */
  coapFileBytes: 1_073_741_824,
  /** Bytes of the address of a package: what Zephyr has room for, and what the object allows. */
  zephyrUriBytes: 128,
  packageUriBytes: 255,
  /** How often counts of downloads are stored, in milliseconds. */
  downloadCountsMs: 10_000,
  /** How long the head and the body of a request may take, how long an upload may be silent, and how long what was refused is read on so that the answer is heard, in milliseconds. */
  requestHeadMs: 60_000,
  requestBodyMs: 300_000,
  uploadIdleMs: 60_000,
  uploadLingerMs: 5_000,
  /** Resources that are marked as logs, as many as the library takes. */
  logResources: 100,
  /** Log entries, and bytes of them, that are stored of one endpoint in a minute. What is more is counted, and left out. */
  logEntriesPerMinute: 6_000,
  logBytesPerMinute: 2_097_152,
  /** How often it is looked whose entries were left out, in milliseconds. */
  logLeftOutEveryMs: 60_000,
  /** Entries, and kilobytes of them, that wait for a commit. */
  pendingLogs: 100_000,
  /** Bytes of an entry that is no text that the live stream shows; of a longer one it has the size alone. */
  streamedLogBytes: 4_096,
  /** How often old log entries are deleted, in milliseconds, and how many at once. */
  logRetentionEveryMs: 600_000,
  logRetentionRows: 1_000,
  /** Templates of bootstrap configurations, and characters of the name of one and of a URI. */
  bootstrapTemplates: 200,
  bootstrapTemplateNameLength: 100,
  bootstrapUriLength: 255,
  /** Bytes of a key that is made for a device. */
  newPskBytes: 16,
  /** Bootstrap sessions that are kept, those that wait for a commit, and refused requests that are kept in a minute. */
  bootstrapSessions: 100_000,
  pendingBootstrapSessions: 20_000,
  refusedBootstrapsPerMinute: 120,
  /** Steps of one that are kept, and characters of the reason, of a diagnostic and of an identity. */
  bootstrapSessionSteps: 100,
  bootstrapReasonLength: 300,
  /** How often old ones are deleted, in milliseconds, and how many at once. */
  bootstrapRetentionEveryMs: 600_000,
  bootstrapRetentionRows: 1_000,
  /** How long the authority, and the server's own certificate, are valid, in days; and how long before its end the latter is renewed. */
  authorityDays: 7_305,
  serverCertificateDays: 398,
  serverCertificateRenewalDays: 60,
  /** How long before they were made certificates are valid, in milliseconds: clocks differ. */
  certificateClockSkewMs: 3_600_000,
  /** Days that a certificate of a device is valid, unless asked otherwise, and at most. */
  certificateDays: 730,
  longestCertificateDays: 7_300,
  /** Characters of a common name (RFC 5280, ub-common-name), and of a request for a certificate. */
  commonNameLength: 64,
  certificationRequestCharacters: 12_288,
  /** Certificates of one endpoint that are valid at once. */
  certificatesPerEndpoint: 20,
  /** Host names and addresses in the server's own certificate. */
  serverNames: 32,
  /** Trusted roots beside our authority, and characters of one. */
  trustedRoots: 100,
  trustedRootCharacters: 12_288,
  /** How long a revocation list is valid, and how long before its end it is made anew, in milliseconds. */
  revocationListMs: 604_800_000,
  revocationListRenewalMs: 518_400_000,
  /** How often certificates and their files are looked at, in milliseconds; and rows of those long expired that one transaction removes. */
  certificateCheckMs: 60_000,
  certificatesPerRemoval: 500,
  /** How long expired certificates are listed, in days. */
  expiredCertificateDays: 90,
  // Operating the app.
  /** How often it is looked whether the database answers, and how long the metrics wait for what they count in it, in milliseconds. */
  databaseWatchMs: 5_000,
  metricsQueryMs: 5_000,
  /** How long requests over HTTP may go on when the app stops, and how long each other step of stopping may take, in milliseconds. */
  stopRequestsMs: 3_000,
  stopStepMs: 6_000,
  /** Proxies before us, or networks of them. */
  proxies: 32,
  /** How often it is looked whether the certificate of the web port is another, in milliseconds, and bytes of its files. */
  webCertificateMs: 60_000,
  webCertificateBytes: 262_144,
  /** Files of a backup, what the connection to its database keeps in memory, and after how long one that was begun counts as given up, in milliseconds. */
  backupFiles: 100_000,
  backupCacheKib: 16_384,
  backupMs: 21_600_000,
  /** Levels and entries of what is logged that are looked through for secrets, and characters of one text. */
  logDepth: 6,
  logEntries: 200,
  logCharacters: 8_192,
  /** Firmware updates: characters of the name of a campaign, endpoints of one, campaigns that are not over, and endpoints left out that its answer lists. */
  firmwareCampaignNameLength: 100,
  firmwareCampaignEndpoints: 100_000,
  firmwareCampaigns: 1_000,
  firmwareLeftOut: 100,
  firmwareLeftOutCharacters: 32_768,
  /** Instances of Object 33629 that are installed together, and characters of a version that a device has to report. */
  linkedFirmwareInstances: 64,
  firmwareExpectedVersionLength: 255,
  /** Changes of one update that its history keeps of each run of the app: far more than its attempts can make. */
  firmwareUpdateChanges: 2_000,
  /** How long finished updates and campaigns are kept, in days, how many updates of one endpoint, rows that one transaction removes, and how often it is looked, in milliseconds. */
  firmwareUpdateDays: 365,
  finishedFirmwareUpdatesPerEndpoint: 100,
  firmwareUpdatesPerRemoval: 500,
  firmwareUpdateRetentionMs: 3_600_000,
  /** How often the progress of one update, and the counts of one campaign, are told to the stream at most, in milliseconds. */
  firmwareProgressMs: 1_000,
} as const;
