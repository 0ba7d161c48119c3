import type { ResourceRecord } from '../node.ts';
import { UNASSIGNED_INSTANCE_ID } from '../node-tree.ts';
import { formatPath, pathLevel, pathStartsWith } from '../path.ts';
import type { Path, PathLevel } from '../path.ts';
import { encodeError } from './format.ts';
import { rootOf } from './record-path.ts';

/** What names and times of the records of a payload are relative to. */
export interface RecordBase {
  readonly name: string;
  /** The time of the first record, when all have one and each comes back exactly; else undefined. */
  readonly time: number | undefined;
  readonly level: PathLevel;
  /** True when all records are of one Resource, or Resource Instance, whose whole name is the base name. */
  readonly isOneResource: boolean;
}

/**
 * The base of records in a format of names.
 *
 * @throws Lwm2mError `ERR_LWM2M_ENCODE` for an Object Instance without an id
 * @throws RangeError for a record outside of the path
 */
export function baseOf(
  records: readonly ResourceRecord[],
  path: Path,
  rootPath: string | undefined,
  format: string,
): RecordBase {
  const level = pathLevel(path);
  const first = records[0]?.time;
  let isOneResource = level >= 3;
  let isSeries = first !== undefined;
  for (const record of records) {
    if (!pathStartsWith(record.path, path)) throw new RangeError(`a record outside of ${formatPath(path)}`);
    if (record.path.objectInstanceId === UNASSIGNED_INSTANCE_ID) {
      throw encodeError(`expected the id of the Object Instance for ${format}, found none`);
    }
    if (pathLevel(record.path) !== level) isOneResource = false;
    // Differences of greater numbers may be inexact.
    if (!Number.isSafeInteger(record.time) || !Number.isSafeInteger((record.time ?? 0) - (first ?? 0)))
      isSeries = false;
  }
  const base = rootOf(rootPath) + formatPath(path);
  const name = isOneResource || base.endsWith('/') ? base : `${base}/`;
  return { name, time: isSeries ? first : undefined, level, isOneResource };
}
