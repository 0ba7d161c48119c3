import type { Generated } from 'kysely';

// The rows of the tables that migrations/0007-certificates.ts makes and explains.

/** Why a certificate was revoked (RFC 5280 §5.3.1). */
export type RevocationReason =
  'unspecified' | 'keyCompromise' | 'affiliationChanged' | 'superseded' | 'cessationOfOperation' | 'privilegeWithdrawn';

export interface CertificateRow {
  id: Generated<number>;
  serial: string;
  fingerprint: string;
  endpoint: string | null;
  authority: string;
  public_key: string;
  der: Uint8Array;
  not_before: number;
  not_after: number;
  issued_at: number;
  issued_by: string;
  revoked_at: number | null;
  revoked_by: string | null;
  reason: RevocationReason | null;
}

export interface RevocationListRow {
  authority: string;
  number: number;
  this_update: number;
  next_update: number;
  stale: 0 | 1;
  der: Uint8Array | null;
}

export interface TrustedRootRow {
  fingerprint: string;
  subject: string;
  der: Uint8Array;
  not_after: number;
  created_at: number;
  created_by: string;
}

export interface CertificateTables {
  Certificate: CertificateRow;
  RevocationList: RevocationListRow;
  TrustedRoot: TrustedRootRow;
}
