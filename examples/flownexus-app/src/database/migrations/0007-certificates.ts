import type { ColumnTypes } from './column-types.ts';

/** The tables of the certificates that our authority has issued, and of the authorities that are trusted beside it. */
export function certificateTables({ int, text, key, blob, id, strict }: ColumnTypes): string[] {
  return [
    `CREATE TABLE "Certificate" (
      id ${id},
      -- Lower-case hexadecimal.
      serial ${key} NOT NULL UNIQUE,
      -- SHA-256 of the DER in lower-case hexadecimal: what a certificate that a device shows is found by.
      fingerprint ${key} NOT NULL UNIQUE,
      -- NULL: it was removed. The certificate stays revoked.
      endpoint ${key},
      -- Of the certificate of the authority: a revocation list has those of its own authority alone.
      authority ${key} NOT NULL,
      -- SHA-256 of the SubjectPublicKeyInfo.
      public_key ${key} NOT NULL,
      der ${blob} NOT NULL,
      not_before ${int} NOT NULL,
      not_after ${int} NOT NULL,
      issued_at ${int} NOT NULL,
      -- A user or token, or EST.
      issued_by ${text} NOT NULL,
      revoked_at ${int},
      revoked_by ${text},
      -- CRLReason of RFC 5280 §5.3.1, by its name.
      reason ${text}
    ) ${strict}`,
    `CREATE INDEX "Certificate_endpoint" ON "Certificate" (endpoint, not_after)`,
    `CREATE INDEX "Certificate_revoked" ON "Certificate" (authority, not_after) WHERE revoked_at IS NOT NULL`,
    `CREATE INDEX "Certificate_end" ON "Certificate" (not_after)`,
    `CREATE INDEX "Certificate_key" ON "Certificate" (public_key)`,
    // The latest revocation list of each authority that there was. Numbers only go up.
    `CREATE TABLE "RevocationList" (
      authority ${key} PRIMARY KEY,
      number ${int} NOT NULL,
      this_update ${int} NOT NULL,
      next_update ${int} NOT NULL,
      -- Whether something was revoked since it was made.
      stale ${int} NOT NULL CHECK (stale IN (0, 1)),
      der ${blob}
    ) ${strict}`,
    `CREATE TABLE "TrustedRoot" (
      -- SHA-256 of the DER in lower-case hexadecimal.
      fingerprint ${key} PRIMARY KEY,
      subject ${text} NOT NULL,
      der ${blob} NOT NULL,
      not_after ${int} NOT NULL,
      created_at ${int} NOT NULL,
      created_by ${text} NOT NULL
    ) ${strict}`,
  ];
}
