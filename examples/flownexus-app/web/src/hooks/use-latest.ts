import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { EndpointItem, ResourceItem } from '../../../src/http/api-types.ts';
import { fetchLatest } from '../api/client.ts';
import { LatestStore, type Latest } from '../endpoints/latest-store.ts';
import { isTemperature, temperaturePaths, toSample } from '../endpoints/temperature.ts';
import { useFeed } from './use-feed.ts';

/** A browser opens about six connections to a server, and the live events hold one of them. */
const PARALLEL = 3;
const MAX_PATHS_FETCHED = 2;

/** The store of latest temperatures, kept current by the live events. */
export function useLatestStore(): LatestStore {
  const feed = useFeed();
  const [store] = useState(() => new LatestStore());
  useEffect(
    () =>
      feed.onBatch(({ resources }) => {
        for (const item of resources) put(store, item.endpoint, item);
        if (resources.length > 0) store.notify();
      }),
    [feed, store],
  );
  return store;
}

/** Fetches the latest temperature of these endpoints, each once, in the given order. */
export function useLatestLoaded(store: LatestStore, endpoints: readonly EndpointItem[]): void {
  const asked = useRef(new Set<string>());
  const feed = useFeed();
  const names = endpoints.map(({ name }) => name).join('\n');
  const wanted = useRef(endpoints);
  useEffect(() => {
    wanted.current = endpoints;
  });

  const [generation, setGeneration] = useState(0);
  useEffect(
    () =>
      feed.onRecovered(() => {
        asked.current.clear();
        setGeneration((count) => count + 1);
      }),
    [feed],
  );
  useEffect(() => {
    const known = asked.current;
    const abort = new AbortController();
    const queue = wanted.current.filter(({ name }) => !known.has(name));
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined && !abort.signal.aborted; next = queue.shift()) {
        const { name } = next;
        const paths = temperaturePaths(next).slice(0, MAX_PATHS_FETCHED);
        const items = await Promise.all(paths.map((path) => fetchLatest(name, path, abort.signal)));
        known.add(name);
        for (const item of items) if (item !== undefined) put(store, name, item);
        store.notify();
      }
    };
    for (let i = 0; i < PARALLEL; i += 1) {
      // The cell stays empty until the next live value, or until the page is shown again: the list itself tells the reader
      // when the server can't be reached.
      work().catch(() => abort.abort());
    }
    return () => abort.abort();
  }, [names, store, generation]);
}

/** The latest temperatures of one endpoint. */
export function useLatest(store: LatestStore, endpoint: string): readonly Latest[] {
  return useSyncExternalStore(store.subscribe, () => store.get(endpoint));
}

function put(store: LatestStore, endpoint: string, item: ResourceItem): void {
  const sample = isTemperature(item.path) ? toSample(item) : undefined;
  if (sample !== undefined) store.put(endpoint, { ...sample, path: item.path, units: item.units ?? undefined });
}
