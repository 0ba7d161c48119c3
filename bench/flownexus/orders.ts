// What the processes of this benchmark say to each other.

/** The first thing that the process of the app is told. */
export interface AppOrder {
  readonly url: string | undefined;
  readonly dataDirectory: string;
}

/** What it answers: once, and then each time it is asked. */
export type AppMessage =
  | { readonly kind: 'listening'; readonly port: number }
  /** Processor time of the whole process since its start, in microseconds, and its memory in bytes, now and at its most. */
  | { readonly kind: 'used'; readonly cpuMicros: number; readonly rss: number; readonly maxRss: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly reason: string };
export type AppQuestion = 'used' | 'stop';

/** The first thing that the devices are told. */
export interface DevicesOrder {
  readonly port: number;
  readonly devices: number;
}

/** What they do next: notifications at a pace. */
export interface DevicesTask {
  readonly perSecond: number;
  readonly seconds: number;
}

export type DevicesMessage =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'done';
      readonly acknowledged: number;
      /** Sent again, since no acknowledgement came in time. */
      readonly repeated: number;
      readonly elapsedMs: number;
      /** From the datagram of a notification to that of its acknowledgement. */
      readonly p50Ms: number;
      readonly p99Ms: number;
    }
  | { readonly kind: 'failed'; readonly reason: string };
