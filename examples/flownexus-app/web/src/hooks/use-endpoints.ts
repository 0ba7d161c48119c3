import { useEffect } from 'react';
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import type { EndpointItem } from '../../../src/http/api-types.ts';
import { fetchEndpoints } from '../api/client.ts';
import type { StreamBatch } from '../api/stream.ts';
import { applyBatch } from '../endpoints/list.ts';
import { useFeed } from './use-feed.ts';

const KEY = ['endpoints'];
/** Live events keep the list current; fetching again now and then mends whatever they could not tell. */
const REFRESH_MS = 60_000;

/** All endpoints, kept current by the live events. */
export function useEndpoints(): UseQueryResult<readonly EndpointItem[]> {
  const feed = useFeed();
  const client = useQueryClient();
  useEffect(() => {
    const stopBatches = feed.onBatch((batch) => {
      client.setQueryData<readonly EndpointItem[]>(KEY, (list) => list && applyBatch(list, batch));
    });
    const stopRecovery = feed.onRecovered(() => void client.invalidateQueries({ queryKey: KEY }));
    return () => {
      stopBatches();
      stopRecovery();
    };
  }, [feed, client]);

  return useQuery<readonly EndpointItem[]>({
    queryKey: KEY,
    refetchInterval: REFRESH_MS,
    queryFn: async ({ signal }) => {
      // What happens while the answer is on its way is not in it.
      const missed: StreamBatch[] = [];
      const stop = feed.onBatch((batch) => missed.push(batch));
      try {
        const list: readonly EndpointItem[] = await fetchEndpoints(signal);
        return missed.reduce(applyBatch, list);
      } finally {
        stop();
      }
    },
  });
}
