/**
 * Every bound of this package. A peer that exceeds one is refused; a table that is full refuses what is new.
 *
 * What is not here is bounded by something that is, or by the CoAP engine, which handles a bounded number of messages of a
 * bounded number of peers at a time: the handlers that run (`Lwm2mServer`), the lanes of `SerialByKey`, the observations that
 * wait for the answer to their cancellation. Their declarations say so.
 */
export const limits = {
  /** Registrations a server holds at once, unless its options say otherwise. */
  maxRegistrations: 200_000,
  /** Bytes of an endpoint name. */
  maxEndpointNameBytes: 255,
  /** Bytes of a PSK identity, and of its key (RFC 4279 §5.3 asks for 128 and 64 at least). */
  maxPskIdentityBytes: 255,
  maxPskKeyBytes: 128,
  /** Bytes of a SubjectPublicKeyInfo: one on P-384 has 120. */
  maxPublicKeyBytes: 1_024,
  /** Query parameters of one Register or Update that the specification does not name. */
  maxAdditionalParameters: 16,
  /** Profile IDs of one registration, and bytes of one. */
  maxProfileIds: 8,
  maxProfileIdBytes: 128,
  /** Endpoints whose own profile is remembered, and the links of these profiles together; the one used longest ago makes room. */
  maxLearntProfiles: 10_000,
  maxLearntProfileLinks: 200_000,
  /** Object lists that are kept for further devices with the same, and the bytes of the largest; the one used longest ago makes room. */
  maxSharedObjectLists: 4_096,
  maxSharedObjectListBytes: 2_048,
  /** Links of all of these lists: 32 for each. */
  maxSharedObjectListLinks: 131_072,
  /** Links in one object list, and bytes of its text: what lwm2m-core reads. */
  maxLinks: 4096,
  maxObjectListBytes: 65_536,
  /** Links in the object lists of all registrations together: 15 for each of the endpoints that there may be. */
  maxLinksOfAll: 3_000_000,
  /** So many characters of attributes, of the root path and of unknown parameters count as one link more: they take as much memory. */
  charactersPerLink: 64,
  /** Seconds of a lifetime: /1/x/1 is an unsigned integer of 32 bits in all known clients. */
  maxLifetime: 0xffff_ffff,
  /** Registrations that stores and handlers are asked about at a time, when a server starts with those that it had before. */
  maxParallelRestorations: 64,
  /** Endpoints whose messages are traced at a time: each message is compared with each of them. */
  maxTracedEndpoints: 100,
  /** Requests of one endpoint that wait for the handler of an earlier one. */
  maxWaitingRequestsPerEndpoint: 4,
  /** Observed paths of one registration. */
  maxObservationsPerEndpoint: 256,
  /** Paths of one composite observation. */
  maxCompositePaths: 256,
  /** Observations that queued operations asked for, of all endpoints; of one as many as it may have. */
  maxKeptObservations: 1_000_000,
  /** Endpoints that new observation policies are applied to in one turn of the event loop. */
  maxEndpointsPerStep: 500,
  /**
   * Establishments of one path in a row without an answer before it is said (`observationFailed`) and callers are
   * failed. A policy is tried on: once each time that the device is heard.
   */
  maxSilences: 3,
  /** Notifications that one `DeviceObservation` holds for its iterator; the oldest is dropped for a newer one. */
  maxBufferedNotifications: 64,
  /** Calls of `next()` on one `DeviceObservation` that wait at a time; one more rejects. */
  maxWaitingTakes: 64,
  /** Devices behind one gateway that are listed, and whose Object versions are remembered; others are left out. */
  maxIotDevicesPerGateway: 1_024,
  /** Characters of the text of an operation or of its result: a payload of the greatest size fits in, and its values twice. */
  maxOperationTextLength: 16_777_216,
  /** Arrays and objects within each other in such a text. */
  maxOperationTextDepth: 16,
  /** Operations on one device that wait until it wakes or for their turn, and those on all; one more rejects. */
  maxWaitingOperationsPerEndpoint: 64,
  maxWaitingOperations: 100_000,
  /**
   * RFC 7252 §4.8.2: how long a Confirmable message is sent again, and how long an answer may take. An operation that its caller gave up sooner, and one
   * whose device was heard after it was sent for the last time, does not say that the device is asleep.
   */
  maxTransmitSpanMs: 45_000,
  maxTransmitWaitMs: 93_000,
  /** Operations in the durable queue that are not finished: of one endpoint, and of all. */
  maxQueuedOperationsPerEndpoint: 1_000,
  maxQueuedOperations: 1_000_000,
  /** Operations of the durable queue that are being sent at a time; the endpoints of the others wait in turn. */
  maxSendingOperations: 10_000,
  /** Attempts that a caller may allow an operation. */
  maxAttempts: 100,
  /** Attempts in a row of which nothing could leave (bounds of the CoAP engine), before the next one counts. */
  maxUnsentAttempts: 16,
  /** Characters of the key of an operation. */
  maxOperationKeyLength: 255,
  /** Characters of what an application wants to stay with an operation. */
  maxOperationMetadataLength: 1_024,
  /** Callers of `finished` that wait at a time. */
  maxWaitingForOperations: 100_000,
  /** Firmware updates that are not finished, those included that wait for their turn in a campaign. */
  maxFirmwareUpdates: 1_000_000,
  /** Firmware updates that are under way at a time. */
  maxActiveFirmwareUpdates: 100_000,
  /** Bytes of a package that is pushed, which is held as a whole; one that is pushed to many devices is held once. */
  maxPushedPackageBytes: 67_108_864,
  /** Bytes of all packages that are pushed at a time; an update with another one waits. */
  maxHeldPackageBytes: 268_435_456,
  /** Characters of what an application wants to stay with a firmware update or campaign. */
  maxFirmwareMetadataLength: 65_536,
  /** What has happened to a firmware update and was not looked at yet; hints beyond it are left out. */
  maxFirmwareInputs: 16,
  /** Characters of a version that a device reports, and components in the way of an update, that are kept. */
  maxVersionLength: 255,
  maxConflictingComponents: 16,
  /** Bytes of a Package URI (5/0/1). */
  maxPackageUriBytes: 255,
  /** Resources that are declared to be logs; each value that is reported is compared with each of them. */
  maxLogResources: 100,
  /** Entries that a log collector hands over at a time. */
  maxLogEntriesAtOnce: 1_000,
  /** Characters of a line of a log; a longer one comes in several entries. */
  maxLogLineLength: 8_192,
  /** Logs whose LogDataFormat is remembered; the one told of longest ago makes room. */
  maxLogDataFormats: 10_000,
  /** Files that are served over CoAP, and characters of the name of one. */
  maxFiles: 100_000,
  maxFileNameLength: 64,
  /** Bootstrap sessions at a time, unless the options say otherwise. */
  maxBootstrapSessions: 10_000,
  /** How long a bootstrap session takes at the most, unless the options say otherwise: EXCHANGE_LIFETIME (RFC 7252 §4.8.2). */
  maxBootstrapSessionMs: 247_000,
  /** Deletes, Object Instances and questions of one bootstrap configuration, of each so many. */
  maxBootstrapInstances: 256,
  /** Characters of the text of a bootstrap configuration: what is longer than that no device takes in the time of a session. */
  maxBootstrapTextLength: 1_048_576,
  /** Bytes of the values of an Object Instance that is written first of all to a device whose address is not proven. */
  maxUnprovenWriteBytes: 64,
  /** Bytes of a certification request of EST: one with a key on P-256 and a few names has some 300. */
  maxCertificationRequestBytes: 8_192,
  /** Answers of 4.06 to the Finish of one session: the last of them ends it. */
  maxInconsistencies: 4,
  /** Bytes of an open file that are read at a time, and how many such pieces of it are kept; the one used longest ago makes room. */
  fileChunkBytes: 65_536,
  maxFileChunks: 16,
  /** How long a file that is opened on demand stays open after the last read, in milliseconds. */
  fileIdleMs: 30_000,
  /** Characters of a diagnostic payload that an error keeps. */
  maxDiagnosticLength: 256,
} as const;
