import type { ColumnTypes } from './column-types.ts';

/** Firmware packages. Their bytes are files in the data directory, with the ids as names. */
export function firmwareTables({ int, text, key, strict }: ColumnTypes): string[] {
  return [
    `CREATE TABLE "Firmware" (
      id ${key} PRIMARY KEY,
      version ${key} NOT NULL UNIQUE,
      file_name ${text} NOT NULL,
      size ${int} NOT NULL,
      -- In hexadecimal.
      sha256 ${text} NOT NULL,
      notes ${text},
      -- Whoever knows it can fetch the package: a part of the paths that devices are given.
      token ${key} NOT NULL UNIQUE,
      created_at ${int} NOT NULL,
      created_by ${text} NOT NULL,
      downloads_started ${int} NOT NULL DEFAULT 0,
      downloads_completed ${int} NOT NULL DEFAULT 0,
      downloaded_bytes ${int} NOT NULL DEFAULT 0
    ) ${strict}`,
  ];
}
