import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseKind } from '../../examples/flownexus-app/src/database/dialect.ts';
import { PostgresServer } from '../../examples/flownexus-app/test/support/postgres-server.ts';

/** An empty place for the database of a measurement. */
export interface Place {
  readonly kind: DatabaseKind;
  /** Undefined: SQLite in the folder. */
  readonly url: string | undefined;
  readonly dataDirectory: string;
  remove(): void;
}

/** Makes one; `folder` is on the disk that is to be measured. Undefined where the database is not installed. */
export function place(kind: DatabaseKind, folder: string = tmpdir()): Place | undefined {
  const server = kind === 'postgres' ? PostgresServer.create() : undefined;
  if (kind === 'postgres' && server === undefined) return undefined;
  server?.start({ durable: true });
  const dataDirectory = mkdtempSync(join(folder, 'flownexus-bench-'));
  return {
    kind,
    url: server?.url,
    dataDirectory,
    remove() {
      server?.stop();
      server?.remove();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}
