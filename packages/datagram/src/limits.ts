/** The bounds of this package. */
export const DatagramLimits = {
  /** The largest UDP payload that IPv4 carries: 65535 − 20 (IP header) − 8 (UDP header) bytes. */
  maxDatagramSize: 65_507,
  /** Peers that a transport remembers, so that one address gives one `Peer` object. The least recently seen leave first. */
  maxRememberedPeers: 262_144,
  /** Datagrams handed to the operating system whose fate is not known yet; more are dropped and counted. */
  maxPendingSends: 65_536,
  /** Groups that a transport joins: each has a socket. */
  maxGroups: 16,
  /** Datagrams that wait for the end of a turn of the event loop; when there are as many they leave at once. */
  maxSendBatch: 256,
  /** Random bytes drawn from the operating system at a time. */
  randomPoolSize: 4096,
  /** The default bound of a `ByteWriter`, in bytes. */
  maxWriterSize: 65_535,
  /** Datagrams that a memory network keeps in its log; the oldest leave first. */
  maxNetworkLog: 10_000,
  /** Copies of one datagram that a rule of a memory network may ask for. */
  maxNetworkCopies: 16,
  /** Datagrams that a lock-step peer keeps until they are taken; more are dropped. */
  maxLockStepReceived: 10_000,
  /** Timers that one advance of a virtual clock runs before it says that they never end. */
  maxTimersPerAdvance: 5_000_000,
} as const;
