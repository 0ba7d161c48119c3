import type { SQLInputValue } from 'node:sqlite';

/** How a worker opens its connection. */
export interface SqliteWorkerData {
  readonly file: string;
  readonly readOnly: boolean;
  /** How long it waits for a lock that another connection holds, in milliseconds. */
  readonly busyMs: number;
  /** Prepared statements that it keeps. */
  readonly maxStatements: number;
  /** What a connection that writes keeps of the file in memory. */
  readonly cacheKib: number;
  /** Pages of 4096 bytes that the write-ahead log holds before this connection copies them into the file itself. */
  readonly walPages: number;
}

/** What a worker is asked. */
export type SqliteRequest =
  | {
      readonly kind: 'query';
      readonly id: number;
      readonly sql: string;
      readonly parameters: readonly SQLInputValue[];
    }
  /** Runs one statement for each row; the rows are given by column. */
  | {
      readonly kind: 'bulk';
      readonly id: number;
      readonly sql: string;
      readonly columns: readonly (readonly SQLInputValue[])[];
      readonly count: number;
    }
  | { readonly kind: 'close' };

export type SqliteAnswer =
  | { readonly id: number; readonly rows: readonly unknown[]; readonly changes: number }
  | { readonly id: number; readonly failure: SqliteFailure };

/** Errors lose their properties on the way out of a worker. */
export interface SqliteFailure {
  readonly message: string;
  /** SQLite's extended result code. */
  readonly errcode: number | undefined;
}

/** How the thread that makes checkpoints does it. */
export interface CheckpointWorkerData {
  readonly file: string;
  /** How often it looks, in milliseconds. */
  readonly everyMs: number;
  /** Pages of the log that are not in the file yet, from which on it copies them. */
  readonly pages: number;
}

/** What `PRAGMA wal_checkpoint` answers: pages of the log, and how many of them are in the file already. */
export interface LogState {
  readonly log: number;
  readonly checkpointed: number;
}
