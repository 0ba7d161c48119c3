import { useEffect, useSyncExternalStore } from 'react';
import { LiveFeed } from '../api/feed.ts';
import { STREAM_URL } from '../api/client.ts';
import type { StreamState } from '../api/stream.ts';

/** One connection serves the whole page. */
const liveFeed = new LiveFeed();

export function useFeed(): LiveFeed {
  return liveFeed;
}

/** Keeps the feed connected for as long as the page is shown. */
export function useFeedConnection(): void {
  const feed = useFeed();
  useEffect(
    () =>
      feed.open({
        connect: () => new EventSource(STREAM_URL),
        schedule: (callback, delayMs) => {
          const timer = setTimeout(callback, delayMs);
          return () => clearTimeout(timer);
        },
      }),
    [feed],
  );
}

export function useFeedState(): StreamState {
  const feed = useFeed();
  return useSyncExternalStore(feed.onState, () => feed.state);
}
