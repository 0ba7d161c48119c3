import { useMemo, useState } from 'react';
import type { EndpointItem } from '../../../src/http/api-types.ts';
import { assignSlots } from '../chart/colours.ts';
import { MAX_SERIES, seriesKey, type SeriesId } from '../chart/series-store.ts';
import { temperaturePaths } from '../endpoints/temperature.ts';

export interface ShownSeries extends SeriesId {
  readonly key: string;
  /** Which line style of the palette it has for as long as it is shown. */
  readonly slot: number;
  /** The endpoint has more than one temperature sensor: its name alone doesn't tell them apart. */
  readonly oneOfMany: boolean;
}

export interface ChartSeries {
  readonly shown: readonly ShownSeries[];
  /** How many series of the selected endpoints don't fit. */
  readonly hidden: number;
}

/** The series of the selected endpoints: one per temperature sensor, as many as a chart can draw. */
export function useChartSeries(endpoints: readonly EndpointItem[], selected: readonly string[]): ChartSeries {
  const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  const ids = selected.flatMap((name) => {
    const endpoint = byName.get(name);
    const paths = endpoint === undefined ? [] : temperaturePaths(endpoint);
    return paths.map((path) => ({ endpoint: name, path, oneOfMany: paths.length > 1 }));
  });
  const drawn = ids.slice(0, MAX_SERIES);
  // The endpoints change with every value; the series only when this text does.
  const identity = JSON.stringify(drawn);

  const [slots, setSlots] = useState<ReadonlyMap<string, number>>(new Map<string, number>());
  const [slotsFor, setSlotsFor] = useState('');
  if (slotsFor !== identity) {
    setSlots(assignSlots(slots, drawn.map(seriesKey)));
    setSlotsFor(identity);
  }
  const shown = useMemo(() => {
    const list = JSON.parse(identity) as typeof drawn;
    return list.map((id) => ({ ...id, key: seriesKey(id), slot: slots.get(seriesKey(id)) ?? 0 }));
  }, [identity, slots]);
  return { shown, hidden: ids.length - drawn.length };
}
