/** Every bound of this package. A peer that exceeds one is refused; a table that is full refuses what is new. */
export const limits = {
  /** Registrations a server holds at once, unless its options say otherwise. */
  maxRegistrations: 200_000,
  /** Bytes of an endpoint name. */
  maxEndpointNameBytes: 255,
  /** Query parameters of one Register or Update that the specification does not name. */
  maxAdditionalParameters: 16,
  /** Links in one object list. */
  maxLinks: 4096,
  /** Content-Formats in the `ct` of the root link. */
  maxContentFormats: 32,
  /** Segments of an alternate root path. */
  maxRootPathSegments: 8,
  /** Seconds of a lifetime: /1/x/1 is an unsigned integer of 32 bits in all known clients. */
  maxLifetime: 0xffff_ffff,
  /** Requests of one endpoint that wait for the handler of an earlier one. */
  maxWaitingRequestsPerEndpoint: 4,
  /** Observed paths of one registration. */
  maxObservationsPerEndpoint: 256,
  /** Times the establishment of one policy is tried before the device is taken as not willing. */
  maxEstablishmentAttempts: 3,
  /** Notifications that one `DeviceObservation` holds for its iterator; the oldest is dropped for a newer one. */
  maxBufferedNotifications: 64,
  /** Characters of a diagnostic payload that an error keeps. */
  maxDiagnosticLength: 256,
} as const;
