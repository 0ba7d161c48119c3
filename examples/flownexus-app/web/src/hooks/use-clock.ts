import { useSyncExternalStore } from 'react';
import { serverNow } from '../api/server-clock.ts';
import { relativeTime } from '../text/time.ts';

const TICK_MS = 1000;
const listeners = new Set<() => void>();
let now = serverNow();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = serverNow();
  timer ??= setInterval(() => {
    now = serverNow();
    for (const tick of listeners) tick();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time, renewed every second by one timer for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** "12 s ago", renewed when the text changes and not every second. */
export function useRelativeTime(time: number): string {
  return useSyncExternalStore(subscribe, () => relativeTime(time, now));
}
