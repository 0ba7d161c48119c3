import type { Path, ResourceRecord } from '@flownexus/lwm2m-core';
import type { Batch } from '../values/batch.ts';
import { deviceTime } from '../values/times.ts';
import { type Comparable, comparable } from './comparable.ts';

/** The values of a batch that have the same time: they are judged together. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly values: readonly MomentValue[];
}

export interface MomentValue {
  /** Which of the paths it is of. */
  readonly slot: number;
  /** Which of the batch's records it is. */
  readonly index: number;
  readonly value: Comparable;
}

/** The time of a value as the table has it: the device's own when it gave one, else when it was received. */
export function timeOf(record: ResourceRecord, receivedAt: number): number {
  return deviceTime(record.time) ?? receivedAt;
}

/** The values of a batch at the paths, in the order of their times. */
export function momentsOf({ records, receivedAt }: Batch, paths: readonly Path[]): Moment[] {
  const byTime = new Map<number, MomentValue[]>();
  for (const [index, record] of records.entries()) {
    for (const [slot, path] of paths.entries()) {
      if (!samePath(path, record.path)) continue;
      const time = timeOf(record, receivedAt);
      const values = byTime.get(time);
      const value = { slot, index, value: comparable(record.value) };
      if (values === undefined) byTime.set(time, [value]);
      else values.push(value);
    }
  }
  const moments = [...byTime].map(([time, values]) => ({ time, values }));
  return moments.length > 1 ? moments.sort((a, b) => a.time - b.time) : moments;
}

function samePath(a: Path, b: Path): boolean {
  return (
    a.objectId === b.objectId &&
    a.resourceId === b.resourceId &&
    a.objectInstanceId === b.objectInstanceId &&
    a.resourceInstanceId === b.resourceInstanceId &&
    a.prefix === b.prefix
  );
}
