import { useEffect, useMemo, useState } from 'react';
import { useQueries, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { fetchHistory, MAX_HISTORY } from '../api/client.ts';
import { serverNow } from '../api/server-clock.ts';
import { bucketMs, MAX_BUCKETS_PER_SERIES, type Range } from '../chart/ranges.ts';
import { SeriesStore, type SeriesId } from '../chart/series-store.ts';
import { ThinnedSeries } from '../chart/thinned-series.ts';
import { toSample } from '../endpoints/temperature.ts';
import { useFeed } from './use-feed.ts';

interface History {
  readonly id: SeriesId;
  readonly samples: ThinnedSeries;
  readonly units: string | null;
  readonly truncated: boolean;
}

export interface LiveSeries {
  readonly store: SeriesStore;
  /** Grows whenever the store changed. */
  readonly version: number;
  readonly loading: boolean;
  readonly truncated: boolean;
  readonly error: Error | undefined;
}

const KEY = 'history';

/** The samples of these series over the range: history from the server, then live values as they come. */
export function useLiveSeries(ids: readonly SeriesId[], range: Range): LiveSeries {
  const feed = useFeed();
  const client = useQueryClient();
  const [version, setVersion] = useState(0);
  const [store, setStore] = useState(() => new SeriesStore(range));
  if (store.range !== range) setStore(store.withRange(range));

  const { histories, loading, error } = useQueries({
    queries: ids.map((id) => ({
      queryKey: [KEY, range.id, id.endpoint, id.path],
      queryFn: ({ signal }: { signal: AbortSignal }) => loadHistory(id, range, signal),
      gcTime: 0,
      staleTime: Infinity,
    })),
    combine: combineHistories,
  });

  // Before the effects that add samples: they only add to series that are shown.
  useEffect(() => store.show(ids), [store, ids]);
  useEffect(() => {
    for (const { id, samples, units } of histories) store.merge(id, samples, units);
    setVersion((count) => count + 1);
  }, [store, ids, histories]);
  useEffect(() => {
    const stopBatches = feed.onBatch(({ resources }) => {
      let changed = false;
      for (const item of resources) {
        const sample = toSample(item);
        if (sample !== undefined && store.add(item, sample, item.units)) changed = true;
      }
      if (!changed) return;
      store.expire(serverNow());
      setVersion((count) => count + 1);
    });
    const stopRecovery = feed.onRecovered(() => void client.invalidateQueries({ queryKey: [KEY] }));
    return () => {
      stopBatches();
      stopRecovery();
    };
  }, [feed, client, store]);

  const truncated = histories.some((history) => history.truncated);
  return useMemo(() => ({ store, version, loading, truncated, error }), [store, version, loading, truncated, error]);
}

async function loadHistory(id: SeriesId, range: Range, signal: AbortSignal): Promise<History> {
  const items = await fetchHistory(id.endpoint, id.path, serverNow() - range.ms, signal);
  const samples = new ThinnedSeries(bucketMs(range), MAX_BUCKETS_PER_SERIES);
  for (const item of items) {
    const sample = toSample(item);
    if (sample !== undefined) samples.add(sample);
  }
  return { id, samples, units: items.at(-1)?.units ?? null, truncated: items.length >= MAX_HISTORY };
}

function combineHistories(results: UseQueryResult<History>[]): {
  histories: readonly History[];
  loading: boolean;
  error: Error | undefined;
} {
  return {
    histories: results.flatMap(({ data }) => (data === undefined ? [] : [data])),
    loading: results.some(({ isPending }) => isPending),
    error: results.find((result) => result.error !== null)?.error ?? undefined,
  };
}
