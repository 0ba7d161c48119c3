/** Integers up to 64 bits are exact: a `number` where that is safe, else a `bigint`. Everything else is a `number`. */
export type SenmlNumber = number | bigint;

/** A record as it stands in a pack (RFC 8428 §4), with the `vlo` that LwM2M adds (TS Core §7.5.6). */
export interface SenmlRecord {
  /** Base name: put before the names of this and the following records. */
  readonly bn?: string;
  /** Base time in seconds, added to `t`. */
  readonly bt?: number;
  /** Base unit, for records without `u`. */
  readonly bu?: string;
  /** Base value, added to `v`. */
  readonly bv?: SenmlNumber;
  /** Base sum, added to `s`. */
  readonly bs?: SenmlNumber;
  /** Version of the media type, 10 when absent. */
  readonly bver?: number;
  readonly n?: string;
  readonly u?: string;
  readonly v?: SenmlNumber;
  readonly vs?: string;
  readonly vb?: boolean;
  readonly vd?: Uint8Array;
  /** An Object Link of LwM2M, `66:0`. */
  readonly vlo?: string;
  /** Sum. */
  readonly s?: SenmlNumber;
  /** Time in seconds. */
  readonly t?: number;
  /** Update time in seconds. */
  readonly ut?: number;
  /**
   * Not a field of SenML: true says that `v` is a float although it is integral, as the decoders saw it or the encoders
   * shall write it (CBOR as a float, JSON with `.0` or an exponent). Otherwise integral numbers are integers.
   */
  readonly float?: boolean;
  /** The same for `bv`. */
  readonly bvFloat?: boolean;
}

/**
 * A record of a Patch Pack (RFC 8790 §3.2): it sets the record of its name, time and unit, or removes it. A pack writes
 * the removal as a `v` that is null.
 */
export interface SenmlPatchRecord extends SenmlRecord {
  /** True removes what has the name, and the time and unit if given. There is no value then. */
  readonly remove?: boolean;
}

/** A record of a Fetch Pack (RFC 8790 §3.1): it selects the records of its name, and of its time and unit if given. */
export type SenmlFetchRecord = Pick<SenmlRecord, 'bn' | 'bt' | 'bu' | 'n' | 't' | 'u'>;
