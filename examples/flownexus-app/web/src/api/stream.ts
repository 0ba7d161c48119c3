import type { StreamEvents } from '../../../src/http/api-types.ts';

export type StreamState = 'connecting' | 'live' | 'reconnecting';

/** Events of one moment, in order of arrival; `endpoints` only has the newest state per name. */
export interface StreamBatch {
  readonly endpoints: readonly StreamEvents['endpoint'][];
  readonly resources: readonly StreamEvents['resource'][];
  /** More came in than a page can digest: what was dropped has to be fetched. */
  readonly overflowed: boolean;
}

/** The part of the browser's EventSource that is needed here, so that a test can stand in for it. */
export interface EventSourceLike {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
  close(): void;
}

export interface StreamOptions {
  readonly connect: () => EventSourceLike;
  readonly schedule: (callback: () => void, delayMs: number) => () => void;
  readonly onBatch: (batch: StreamBatch) => void;
  readonly onState: (state: StreamState) => void;
  /** Events were missed: whatever happened meanwhile has to be fetched. */
  readonly onRecovered: () => void;
}

const CLOSED = 2; // EventSource.CLOSED
/** Events are handed on in batches, so that a busy fleet costs the page a few renderings a second and not hundreds. */
const BATCH_MS = 250;
const MAX_BATCH = 5000;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

/** Follows the server's events and reconnects for as long as it takes. Returns what ends it. */
export function openStream(options: StreamOptions): () => void {
  let source: EventSourceLike | undefined;
  let cancelRetry: (() => void) | undefined;
  let cancelFlush: (() => void) | undefined;
  let endpoints = new Map<string, StreamEvents['endpoint']>();
  let resources: StreamEvents['resource'][] = [];
  let overflowed = false;
  let retryMs = FIRST_RETRY_MS;
  let lost = false;

  const flush = (): void => {
    cancelFlush = undefined;
    const batch: StreamBatch = { endpoints: [...endpoints.values()], resources, overflowed };
    endpoints = new Map();
    resources = [];
    overflowed = false;
    options.onBatch(batch);
  };
  const flushSoon = (): void => {
    cancelFlush ??= options.schedule(flush, BATCH_MS);
  };
  const connect = (): void => {
    cancelRetry = undefined;
    const opened = options.connect();
    source = opened;
    opened.addEventListener('open', () => {
      retryMs = FIRST_RETRY_MS;
      options.onState('live');
      if (lost) options.onRecovered();
      lost = false;
    });
    opened.addEventListener('endpoint', (event) => {
      const endpoint = parse('endpoint', event.data);
      if (endpoints.size < MAX_BATCH || endpoints.has(endpoint.name)) endpoints.set(endpoint.name, endpoint);
      else overflowed = true;
      flushSoon();
    });
    opened.addEventListener('resource', (event) => {
      if (resources.length < MAX_BATCH) resources.push(parse('resource', event.data));
      else overflowed = true;
      flushSoon();
    });
    opened.addEventListener('lost', () => options.onRecovered());
    opened.addEventListener('error', () => {
      options.onState('reconnecting');
      // A browser reconnects by itself after a broken connection, and says where it was: the server sends what was missed, or that it is lost. It gives up
      // on an answer that is not a stream (a proxy's 502 while the server restarts).
      if (opened.readyState !== CLOSED) return;
      lost = true;
      opened.close();
      cancelRetry ??= options.schedule(connect, retryMs);
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    });
  };

  options.onState('connecting');
  connect();
  return () => {
    cancelRetry?.();
    cancelFlush?.();
    source?.close();
  };
}

function parse<E extends keyof StreamEvents>(event: E, data: unknown): StreamEvents[E] {
  if (typeof data !== 'string') throw new TypeError(`an event "${event}" without data`);
  return JSON.parse(data) as StreamEvents[E];
}
