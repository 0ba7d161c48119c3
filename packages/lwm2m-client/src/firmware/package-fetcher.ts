/** What a download keeps to. */
export interface PackageTransfer {
  /** Aborted when a server cancels the update or writes something else. */
  readonly signal: AbortSignal;
  /** Bytes that there is room for: more is `FirmwareResult.NOT_ENOUGH_FLASH`. */
  readonly maxSize: number;
}

/**
 * Fetches what is at a URI. Rejects with a `FirmwareFailure` where the Update Result says more than that the connection was lost, which is what any other
 * rejection means.
 */
export type PackageFetcher = (uri: string, transfer: PackageTransfer) => Promise<Uint8Array>;
