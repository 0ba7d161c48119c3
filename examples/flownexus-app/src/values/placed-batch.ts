import type { Batch, NewEvent } from './batch.ts';
import type { KnownSeries } from './series-cache.ts';

/** A batch with those of its values that have a series, and their series in the same order. */
export interface PlacedBatch {
  readonly batch: Batch;
  readonly series: readonly KnownSeries[];
  /** How many of its values are left out. */
  readonly refused: number;
  /** An event of the whole batch, with what is left of its values. */
  readonly eventOf: (event: NewEvent) => NewEvent;
}

/** Leaves out of a batch the values that have no series; `series` are those of its records. */
export function placeBatch(batch: Batch, series: readonly (KnownSeries | undefined)[]): PlacedBatch {
  const known = series.filter((each) => each !== undefined);
  const refused = series.length - known.length;
  if (refused === 0) return { batch, series: known, refused, eventOf: (event) => event };
  const places = new Map<number, number>();
  for (const [index, each] of series.entries()) if (each !== undefined) places.set(index, places.size);
  return {
    batch: { ...batch, records: batch.records.filter((_, index) => places.has(index)) },
    series: known,
    refused,
    eventOf: (event) => ({
      ...event,
      records: event.records.flatMap((index) => {
        // What the batch does not have is for who writes the event to refuse.
        if (index >= series.length) return [batch.records.length];
        const place = places.get(index);
        return place === undefined ? [] : [place];
      }),
    }),
  };
}
