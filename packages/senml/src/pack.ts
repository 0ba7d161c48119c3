import type { SenmlPatchRecord } from './record.ts';
import type { ResolvedSenmlRecord } from './resolve.ts';

/** What {@link packSenml} takes: a resolved record of which all but the name may be absent. */
export interface SenmlEntry extends Partial<Omit<ResolvedSenmlRecord, 'name' | 'float' | 'remove'>> {
  readonly name: string;
  readonly float?: boolean | undefined;
  readonly remove?: boolean | undefined;
}

/**
 * The opposite of {@link resolveSenml}: records that share a base name and a base time, ready for the encoders. Of several
 * records the base name is what all names begin with, up to a slash; a single record has its whole name in `n`. When all
 * records have a time, that of the first is the base time, unless the sum would not give another time back exactly.
 */
export function packSenml(records: readonly SenmlEntry[]): SenmlPatchRecord[] {
  const base = records.length > 1 ? commonPrefix(records) : '';
  const baseTime = commonTime(records);
  return records.map((record, index): SenmlPatchRecord => {
    const { name, unit, updateTime, v, vs, vb, vd, vlo, sum } = record;
    const time = record.time === undefined ? undefined : record.time - (baseTime ?? 0);
    const n = name.slice(base.length);
    return {
      ...(index === 0 && base !== '' ? { bn: base } : {}),
      ...(index === 0 && baseTime !== undefined ? { bt: baseTime } : {}),
      ...(n === '' ? {} : { n }),
      ...(time === undefined || (baseTime !== undefined && time === 0) ? {} : { t: time }),
      ...(unit === undefined ? {} : { u: unit }),
      ...(v === undefined ? {} : { v }),
      ...(record.float === true ? { float: true } : {}),
      ...(vs === undefined ? {} : { vs }),
      ...(vb === undefined ? {} : { vb }),
      ...(vd === undefined ? {} : { vd }),
      ...(vlo === undefined ? {} : { vlo }),
      ...(record.remove === true ? { remove: true } : {}),
      ...(sum === undefined ? {} : { s: sum }),
      ...(updateTime === undefined ? {} : { ut: updateTime }),
    };
  });
}

function commonPrefix(records: readonly SenmlEntry[]): string {
  let prefix = records[0]?.name ?? '';
  for (const { name } of records) {
    let length = 0;
    while (length < prefix.length && prefix.charCodeAt(length) === name.charCodeAt(length)) length += 1;
    prefix = prefix.slice(0, length);
  }
  const base = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  // RFC 8790 §3.1: a record has a name or a base name, and only the first one has the latter.
  return records.some(({ name }, index) => index > 0 && name === base)
    ? base.slice(0, base.slice(0, -1).lastIndexOf('/') + 1)
    : base;
}

/** Not every difference of two doubles gives the first when the second is added. */
function commonTime(records: readonly SenmlEntry[]): number | undefined {
  const base = records[0]?.time;
  if (base === undefined) return undefined;
  return records.every(({ time }) => time !== undefined && base + (time - base) === time) ? base : undefined;
}
