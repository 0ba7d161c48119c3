import { join } from 'node:path';
import { certificateFingerprint } from '@flownexus/lwm2m-server';
import { sql } from 'kysely';
import type { Database } from '../database/open-database.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

export interface TrustedBefore {
  readonly database: Database;
  readonly dataDirectory: string;
  /** DER of all that are trusted now, our authority first. */
  readonly roots: readonly Uint8Array[];
}

/**
 * Somebody may not be trusted any more whom the app trusted when it ran last: then DTLS associations with certificates of others than our authority do not come
 * back, and those devices prove themselves anew. To be called before associations are read.
 */
export async function forgetOrphans({ database, dataDirectory, roots }: TrustedBefore): Promise<void> {
  const path = join(dataDirectory, 'trusted-roots');
  const now = roots.map(certificateFingerprint);
  const before =
    readPrivateFile(path)
      ?.split('\n')
      .filter((line) => line !== '') ?? [];
  const known = new Set(now);
  if (before.some((fingerprint) => !known.has(fingerprint))) {
    await database.db
      .deleteFrom('DtlsAssociation')
      .where('identity_key', 'like', 'fingerprint %')
      .where((eb) => {
        const ours = eb
          .selectFrom('Certificate')
          .select('Certificate.id')
          .where('Certificate.authority', '=', now[0] ?? '')
          .where(sql<boolean>`"DtlsAssociation".identity_key = 'fingerprint ' || "Certificate".fingerprint`);
        return eb.not(eb.exists(ours));
      })
      .execute();
  }
  rememberTrusted(dataDirectory, roots);
}

/** For the next start. */
export function rememberTrusted(dataDirectory: string, roots: readonly Uint8Array[]): void {
  const text = roots.map((root) => `${certificateFingerprint(root)}\n`).join('');
  const path = join(dataDirectory, 'trusted-roots');
  if (readPrivateFile(path) !== text) writePrivateFile(path, text);
}
