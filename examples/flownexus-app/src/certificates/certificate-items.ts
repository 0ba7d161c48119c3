import { z } from 'zod';
import type { RevocationReason } from '../database/certificate-tables.ts';
import { isoTimestamp } from '../http/schemas.ts';
import type { StoredCertificate } from './certificate-store.ts';
import { encodePem } from './encode-pem.ts';

export const revocationReasons = ['unspecified', 'keyCompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation', 'privilegeWithdrawn'] as const satisfies readonly RevocationReason[]; // prettier-ignore
export const certificateStates = ['valid', 'expired', 'revoked'] as const;
export type CertificateState = (typeof certificateStates)[number];

export const certificateItemSchema = z
  .object({
    serial: z.string().meta({ description: 'In hexadecimal' }),
    endpoint: z.string().nullable().meta({ description: 'null: it was deleted' }),
    state: z.enum(certificateStates),
    fingerprint: z.string().meta({ description: 'SHA-256 in hexadecimal' }),
    notBefore: isoTimestamp,
    notAfter: isoTimestamp,
    issuedAt: isoTimestamp,
    issuedBy: z.string().meta({ description: 'A user or token, or `EST`' }),
    revokedAt: isoTimestamp.nullable(),
    revokedBy: z.string().nullable(),
    reason: z.enum(revocationReasons).nullable().meta({ description: 'Why it was revoked (RFC 5280 §5.3.1)' }),
  })
  .meta({ id: 'Certificate' });
export type CertificateItem = z.infer<typeof certificateItemSchema>;

export const certificateDetailSchema = certificateItemSchema
  .extend({ pem: z.string().meta({ description: 'The certificate in PEM' }) })
  .meta({ id: 'CertificateDetail' });

/** `now`: milliseconds since 1970. */
export function toCertificateItem(row: Omit<StoredCertificate, 'der'>, now: number): CertificateItem {
  return {
    serial: row.serial,
    endpoint: row.endpoint,
    state: row.revoked_at !== null ? 'revoked' : row.not_after < now ? 'expired' : 'valid',
    fingerprint: row.fingerprint,
    notBefore: iso(row.not_before),
    notAfter: iso(row.not_after),
    issuedAt: iso(row.issued_at),
    issuedBy: row.issued_by,
    revokedAt: row.revoked_at === null ? null : iso(row.revoked_at),
    revokedBy: row.revoked_by,
    reason: row.reason,
  };
}

export function toCertificateDetail(row: StoredCertificate, now: number): z.infer<typeof certificateDetailSchema> {
  return { ...toCertificateItem(row, now), pem: certificatePem(row.der) };
}

/** PEM of one certificate, with the end of its last line. */
export function certificatePem(der: Uint8Array): string {
  return encodePem('CERTIFICATE', der);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
