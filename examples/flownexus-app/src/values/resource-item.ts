import type { SeriesInfo } from './series-list.ts';
import { toJsonValue } from './value-columns.ts';
import type { ResourceItem } from './value-schemas.ts';
import type { ValueRow } from './value-select.ts';

/** The item of a row of a series; `sensorUnits` is what the device says that it measures in. */
export function toResourceItem(row: ValueRow, series: SeriesInfo, sensorUnits: string | null): ResourceItem {
  const type = row.value_type ?? series.dataType;
  return {
    id: row.id,
    path: series.text,
    name: series.name,
    type,
    units: series.units ?? (type === 'FLOAT' ? sensorUnits : null),
    value: toJsonValue(type, row),
    time: isoTime(row.time),
    timeReceived: isoTime(row.ts_received),
    timeDevice: row.ts_device === null ? null : isoTime(row.ts_device),
    source: row.source,
    direction: row.direction,
  };
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
