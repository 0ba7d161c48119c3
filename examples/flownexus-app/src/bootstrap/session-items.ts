import { z } from 'zod';
import type { BootstrapSessionRow } from '../database/bootstrap-tables.ts';
import { isoTimestamp } from '../http/schemas.ts';
import { isoTime } from '../values/resource-item.ts';

export const bootstrapOutcomes = ['finished', 'failed', 'refused', 'pack'] as const;

const step = z.object({
  operation: z.enum(['discover', 'delete', 'write', 'read', 'finish']),
  path: z.string(),
  contentFormat: z.int().nullable(),
  responseCode: z.string().nullable().meta({ description: 'Null: there was no answer' }),
  diagnostic: z.string().nullable().meta({ description: 'What the device says of an error, or why there is no answer' }),
  durationMs: z.int(),
}); // prettier-ignore
export type SessionStep = z.infer<typeof step>;

/** A session in lists. */
export const sessionItemSchema = z
  .object({
    id: z.int(),
    endpoint: z.string().nullable().meta({ description: 'Null: the refused request named none' }),
    address: z.string(),
    security: z.enum(['none', 'psk', 'x509', 'rpk']),
    identity: z.string().nullable().meta({ description: 'Of the PSK, the common name, or a SHA-256 of certificate or public key' }), // prettier-ignore
    began: isoTimestamp,
    ended: isoTimestamp,
    outcome: z.enum(bootstrapOutcomes).meta({
      description:
        '`finished`: the device has taken everything; `failed`; `refused`: it was written nothing; `pack`: it was given all at once, and what it made of that is not known',
    }),
    code: z.string().nullable().meta({ description: 'What a refused request was answered: `4.00`' }),
    reason: z.string().nullable(),
    stepCount: z.int().meta({ description: 'Requests to the device' }),
  })
  .meta({ id: 'BootstrapSession' });
export type SessionItem = z.infer<typeof sessionItemSchema>;

/** One with what was asked of the device. */
export const sessionDetailSchema = sessionItemSchema
  .extend({ steps: z.array(step).readonly().meta({ description: 'The first of them; no values' }) })
  .meta({ id: 'BootstrapSessionDetail' });

/** The item of a row. */
export function toSessionItem(row: Omit<BootstrapSessionRow, 'id' | 'steps'> & { readonly id: number }): SessionItem {
  return {
    id: row.id,
    endpoint: row.endpoint,
    address: row.address,
    security: row.security,
    identity: row.identity,
    began: isoTime(row.began),
    ended: isoTime(row.ended),
    outcome: row.outcome,
    code: row.code,
    reason: row.reason,
    stepCount: row.step_count,
  };
}

/** The same with its steps. */
export function toSessionDetail(
  row: Omit<BootstrapSessionRow, 'id'> & { readonly id: number },
): z.infer<typeof sessionDetailSchema> {
  return { ...toSessionItem(row), steps: JSON.parse(row.steps) as SessionStep[] };
}
