/** A link of a link-format document (RFC 6690). */
export interface Link {
  /** The absolute path between the angle brackets, as on the wire: percent escapes are not resolved. */
  readonly target: string;
  /**
   * Values without their quotes, `true` for an attribute without a value. The record has no prototype, so that any
   * name a device sends is safe to look up.
   */
  readonly attributes: Readonly<Record<string, string | true>>;
}
