import type { ColumnTypes } from './column-types.ts';

/** What table Endpoint has got since it was first made. */
export function endpointColumns({ int }: ColumnTypes): string[] {
  return [
    // Whether it is another server's report, and not a registration of ours, that says what registered is.
    `ALTER TABLE "Endpoint" ADD COLUMN reported ${int} NOT NULL DEFAULT 0`,
    // How often it has confirmed that it reboots (Execute of 3/0/4), and when it did so last.
    `ALTER TABLE "Endpoint" ADD COLUMN reboots ${int} NOT NULL DEFAULT 0`,
    `ALTER TABLE "Endpoint" ADD COLUMN rebooted_at ${int}`,
    `CREATE INDEX "Endpoint_reported" ON "Endpoint" (last_updated) WHERE registered = 1 AND reported = 1`,
  ];
}
