import { z } from 'zod';
import { limits } from '../../limits.ts';

/** Where what is in an archive: the manifest, the database of SQLite, and the other files of the data directory. */
export const MANIFEST = 'manifest.json';
export const DATABASE_DIRECTORY = 'database';
export const FILES_DIRECTORY = 'files';

const count = z.int().min(0);

const fileSchema = z.strictObject({
  /** Within the archive, with `/`. */
  path: z
    .string()
    .regex(/^(database|files)\/[^\0\\]+$/)
    .refine((path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')),
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What an archive says of itself. */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  /** Of the FlowNexus that made it. */
  version: z.string().max(100),
  /** In milliseconds since 1970, when the database was copied. */
  time: z.int(),
  database: z.strictObject({
    kind: z.enum(['sqlite', 'postgres']),
    /** Rows of some tables, for people; empty with PostgreSQL, whose tables are not in the archive. */
    rows: z.record(z.string().max(100), count),
  }),
  files: z.array(fileSchema).max(limits.backupFiles).readonly(),
});
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestFile = z.infer<typeof fileSchema>;
