// What the processes of the benchmark say to each other.
import type { RequestKind } from './messages.ts';

/** What a server tells the process that measures it. */
export type ServerMessage =
  | { readonly kind: 'listening'; readonly port: number }
  /** Processor time of the whole process since its start, in microseconds. */
  | { readonly kind: 'cpu'; readonly user: number; readonly system: number };

/** Asks a server for its processor time. */
export const ASK_CPU = 'cpu';

/** The first thing that a load generator is told. */
export interface LoadOrder {
  readonly port: number;
  readonly kind: RequestKind;
  /** The code that each reply has to have. */
  readonly expectedCode: number;
  readonly peers: number;
}

/** What a load generator tells: that it waits for a number of requests to send, and that their replies are all there. */
export type LoadMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly elapsedMs: number }
  | { readonly kind: 'failed'; readonly reason: string };
