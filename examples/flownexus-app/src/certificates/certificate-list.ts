import type { Kysely } from 'kysely';
import type { Tables } from '../database/tables.ts';
import { type CertificateItem, type CertificateState, toCertificateItem } from './certificate-items.ts';

export interface CertificateQuery {
  readonly endpoint?: string | undefined;
  readonly state?: CertificateState | undefined;
  /** Milliseconds since 1970. */
  readonly endsBefore?: number | undefined;
  /** The id of the last one of the page before. */
  readonly cursor?: number | undefined;
  readonly limit: number;
}

/** A page of certificates, the latest first, and where the next begins. `now`: milliseconds since 1970. */
export async function listCertificates(
  db: Kysely<Tables>,
  { endpoint, state, endsBefore, cursor, limit }: CertificateQuery,
  now: number,
): Promise<{ readonly items: CertificateItem[]; readonly next: number | undefined }> {
  let query = db
    .selectFrom('Certificate')
    .select(['id', 'serial', 'endpoint', 'fingerprint', 'authority', 'public_key', 'not_before', 'not_after'])
    .select(['issued_at', 'issued_by', 'revoked_at', 'revoked_by', 'reason'])
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
  if (endsBefore !== undefined) query = query.where('not_after', '<', endsBefore);
  if (cursor !== undefined) query = query.where('id', '<', cursor);
  if (state === 'revoked') query = query.where('revoked_at', 'is not', null);
  if (state === 'valid') query = query.where('revoked_at', 'is', null).where('not_after', '>=', now);
  if (state === 'expired') query = query.where('revoked_at', 'is', null).where('not_after', '<', now);
  const rows = await query.execute();
  const page = rows.slice(0, limit);
  return {
    items: page.map((row) => toCertificateItem(row, now)),
    next: rows.length > limit ? page.at(-1)?.id : undefined,
  };
}
