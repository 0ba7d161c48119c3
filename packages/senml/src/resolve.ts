import { recordError } from './errors.ts';
import { countValues } from './fields.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { addNumbers, isExactInteger } from './numbers.ts';
import type { SenmlNumber, SenmlPatchRecord } from './record.ts';
import { draftOf } from './record-draft.ts';
import type { RecordDraft } from './record-draft.ts';

/** A record that stands for itself (RFC 8428 §4.6). At most one of the values is there. */
export interface ResolvedSenmlRecord {
  /** Base name and name in one. */
  readonly name: string;
  readonly unit: string | undefined;
  /**
   * Seconds since 1970; without {@link ResolveOptions.now}, a time below 2^28 is left as it is, relative to now.
   * Undefined when the pack gives no time.
   */
  readonly time: number | undefined;
  /** Seconds until the sensor is expected to give the next value. */
  readonly updateTime: number | undefined;
  readonly v: SenmlNumber | undefined;
  /** True for a `v` that is integral but a float, in the pack or because its base value is one. */
  readonly float: true | undefined;
  readonly vs: string | undefined;
  readonly vb: boolean | undefined;
  readonly vd: Uint8Array | undefined;
  readonly vlo: string | undefined;
  readonly sum: SenmlNumber | undefined;
  /** True for what a Patch Pack removes. */
  readonly remove: true | undefined;
}

export interface ResolveOptions {
  /** Seconds since 1970 that relative times count from. */
  readonly now?: number;
  /** UTF-16 units of a resolved name. */
  readonly maxNameLength?: number;
}

/** Below this a time is relative to now. */
const FIRST_ABSOLUTE_TIME = 2 ** 28;

/**
 * Applies the base fields to the records that follow them, so that each stands for itself (RFC 8428 §4.6). A record
 * without a value has that of the base value; without both it stays, as LwM2M sends lists of paths that way. The records
 * of Fetch and Patch Packs resolve in the same way (RFC 8790 §3.1).
 *
 * @throws SenmlError `ERR_SENML_RECORD` for a record without a name, with one that is too long, or whose time is not
 * finite
 */
export function resolveSenml(
  records: readonly SenmlPatchRecord[],
  options: ResolveOptions = {},
): ResolvedSenmlRecord[] {
  return resolveDrafts(records.map(draftOf), options);
}

/** The same for drafts. */
export function resolveDrafts(drafts: readonly RecordDraft[], options: ResolveOptions): ResolvedSenmlRecord[] {
  const maxNameLength = options.maxNameLength ?? DEFAULT_LIMITS.maxNameLength;
  let baseName = '';
  let baseTime: number | undefined;
  let baseUnit: string | undefined;
  let baseValue: SenmlNumber | undefined;
  let baseFloat = false;
  let baseSum: SenmlNumber | undefined;
  return drafts.map((record, index) => {
    baseName = record.bn ?? baseName;
    baseTime = record.bt ?? baseTime;
    baseUnit = record.bu ?? baseUnit;
    if (record.bv !== undefined) {
      baseValue = record.bv;
      baseFloat = record.bvFloat === true || !isExactInteger(baseValue);
    }
    baseSum = record.bs ?? baseSum;
    const name = baseName + (record.n ?? '');
    if (name === '') throw recordError('a name', 'none', index);
    if (name.length > maxNameLength) {
      throw recordError(`a name of up to ${String(maxNameLength)} characters`, 'a longer one', index);
    }
    const time = baseTime === undefined && record.t === undefined ? undefined : (baseTime ?? 0) + (record.t ?? 0);
    if (time !== undefined && !Number.isFinite(time)) throw recordError('a finite time', 'another', index);
    // RFC 8428 §4.5.4: the missing one of base value and value counts as zero.
    const v = record.v ?? (baseValue !== undefined && countValues(record) === 0 ? 0 : undefined);
    const isFloat =
      record.float === true || (v !== undefined && baseValue !== undefined && (baseFloat || !isExactInteger(v)));
    const value = v === undefined || baseValue === undefined ? v : addNumbers(baseValue, v);
    return {
      name,
      unit: record.u ?? baseUnit,
      time: time === undefined ? undefined : absoluteTime(time, options.now),
      updateTime: record.ut,
      v: isFloat && typeof value === 'bigint' ? Number(value) : value,
      float: isFloat && (typeof value === 'bigint' || Number.isInteger(value)) ? true : undefined,
      vs: record.vs,
      vb: record.vb,
      vd: record.vd,
      vlo: record.vlo,
      // RFC 8428 §4.2: the missing one of sum and base sum counts as zero.
      sum: record.s === undefined ? baseSum : baseSum === undefined ? record.s : addNumbers(baseSum, record.s),
      remove: record.remove === true ? true : undefined,
    };
  });
}

/** Seconds since 1970: a time below 2^28 counts from now (RFC 8428 §4.5.3), or is left as it is without `now`. */
export function absoluteTime(time: number, now: number | undefined): number {
  return now === undefined || time >= FIRST_ABSOLUTE_TIME ? time : now + time;
}
