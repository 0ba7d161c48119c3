/** The data types of Resources (TS Core, Appendix C). `none` is that of an executable Resource. */
export type ResourceType =
  'string' | 'integer' | 'unsignedInteger' | 'float' | 'boolean' | 'opaque' | 'time' | 'objlnk' | 'corelnk' | 'none';

/** The value of an `objlnk`: 65535:65535 is the null link. */
export interface ObjectLink {
  readonly objectId: number;
  readonly objectInstanceId: number;
}

/**
 * A value: `string` and `corelnk` are strings; `integer` and `unsignedInteger` are numbers when safe and bigints
 * beyond; `float` is a number; `time` is a number of seconds since 1970 (bigint beyond the safe range); `opaque` is
 * bytes; `objlnk` an {@link ObjectLink}.
 */
export type ResourceValue = string | number | bigint | boolean | Uint8Array | ObjectLink;
