import { formatPath, type ResourceRecord } from '@flownexus/lwm2m-core';
import { parseOperationResult } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import { unescapeNul } from '../database/nul-text.ts';
import { isoTimestamp } from '../http/schemas.ts';
import type { OperationRow } from '../stores/operation-rows.ts';
import { jsonOfValue } from '../values/json-value.ts';
import { valueTypes } from '../values/value-columns.ts';
import { parseOperationMetadata } from './operation-metadata.ts';
import { hasSecrets } from './secret-objects.ts';

export const operationStates = ['QUEUED', 'SENDING', 'CONFIRMED', 'FAILED'] as const;
export const operationKinds = ['read', 'write', 'writeAttributes', 'execute', 'create', 'delete', 'discover', 'observe', 'cancelObservation', 'readComposite', 'writeComposite', 'observeComposite', 'request'] as const; // prettier-ignore

/** An operation in lists and in the stream. */
export const operationItemSchema = z
  .object({
    id: z.string(),
    endpoint: z.string(),
    kind: z.enum(operationKinds),
    path: z.string().meta({ description: 'Of a composite all paths, with spaces between them' }),
    state: z.enum(operationStates),
    transmitCounter: z.int().meta({ description: 'How often it was sent' }),
    maxAttempts: z.int(),
    repeatable: z.boolean(),
    key: z.string().nullable(),
    createdAt: isoTimestamp,
    createdBy: z.string().nullable(),
    bulkId: z.string().nullable(),
    updatedAt: isoTimestamp.meta({ description: 'When its state changed' }),
    lastAttemptAt: isoTimestamp.nullable(),
    expiresAt: isoTimestamp.nullable(),
    responseCode: z.string().nullable().meta({ description: 'What the device answered: `2.04`' }),
    reason: z
      .enum(['rejected', 'timeout', 'expired', 'cancelled', 'replaced', 'outcome-unknown', 'payload', 'invalid'])
      .nullable()
      .meta({ description: 'Why it FAILED; of one that is tried again, why the last attempt did' }),
    message: z.string().nullable().meta({ description: 'The same in words, with the diagnostic of the device' }),
  })
  .meta({ id: 'Operation' });
export type OperationItem = z.infer<typeof operationItemSchema>;

const valueSchema = z.object({
  path: z.string(),
  type: z.enum(Object.values(valueTypes) as [(typeof valueTypes)['string']]),
  value: z.union([z.string(), z.number(), z.boolean()]),
  time: isoTimestamp.nullable().meta({ description: "The device's own time, when it gave one" }),
});

/** One operation with what it asks for and what came of it. */
export const operationDetailSchema = operationItemSchema
  .extend({
    request: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'The operation as the queue keeps it; null where it writes keys' }),
    result: z
      .object({
        values: z.array(valueSchema).readonly().nullable().meta({ description: 'Of a Read or Observe' }),
        links: z
          .array(
            z.object({ target: z.string(), attributes: z.record(z.string(), z.union([z.string(), z.literal(true)])) }),
          ) // prettier-ignore
          .readonly()
          .nullable()
          .meta({ description: 'Of a Discover' }),
        createdPath: z.string().nullable().meta({ description: 'Of a Create' }),
      })
      .nullable()
      .meta({ description: 'When it is CONFIRMED' }),
  })
  .meta({ id: 'OperationDetail' });
export type OperationDetail = z.infer<typeof operationDetailSchema>;

/** The columns that items are made of: all but those that may be large. */
export const itemColumns = ['id', 'sequence', 'endpoint', 'operation_type', 'path', 'status', 'transmit_counter', 'max_attempts', 'repeatable', 'replace_key', 'metadata', 'timestamp_created', 'updated_at', 'last_attempt', 'expires_at', 'response_code', 'failure_reason', 'failure_message', 'bulk_id'] as const; // prettier-ignore
export type OperationItemRow = Pick<OperationRow, (typeof itemColumns)[number]>;

/** The item of a row. */
export function toOperationItem(row: OperationItemRow): OperationItem {
  const text = (stored: string | null): string | null => (stored === null ? null : unescapeNul(stored));
  return {
    id: row.id,
    endpoint: row.endpoint,
    // Written from an operation and its failure.
    kind: row.operation_type as OperationItem['kind'],
    path: unescapeNul(row.path),
    state: row.status,
    transmitCounter: row.transmit_counter,
    maxAttempts: row.max_attempts,
    repeatable: row.repeatable === 1,
    key: text(row.replace_key),
    createdAt: timestamp(row.timestamp_created),
    createdBy: parseOperationMetadata(text(row.metadata) ?? undefined).createdBy ?? null,
    bulkId: row.bulk_id,
    updatedAt: timestamp(row.updated_at),
    lastAttemptAt: row.last_attempt === null ? null : timestamp(row.last_attempt),
    expiresAt: row.expires_at === null ? null : timestamp(row.expires_at),
    responseCode: row.response_code,
    reason: row.failure_reason as OperationItem['reason'],
    message: text(row.failure_message),
  };
}

/** Whether nothing more becomes of it. */
export function isFinished({ state }: Pick<OperationItem, 'state'>): boolean {
  return state === 'CONFIRMED' || state === 'FAILED';
}

/** The same with what it asks for and what came of it. */
export function toOperationDetail(row: OperationRow): OperationDetail {
  const result = row.result === null ? undefined : parseOperationResult(row.result);
  return {
    ...toOperationItem(row),
    request: hasSecrets(row.path) ? null : (JSON.parse(row.operation) as Record<string, unknown>),
    result:
      result === undefined
        ? null
        : {
            values: result.records?.map(valueOf) ?? null,
            links: result.links?.map(({ target, attributes }) => ({ target, attributes: { ...attributes } })) ?? null,
            createdPath: result.createdPath ?? null,
          },
  };
}

function valueOf({ path, type, value, time }: ResourceRecord): z.infer<typeof valueSchema> {
  // Devices give any time; a Date has a range.
  const at = time === undefined ? undefined : new Date(time * 1000);
  return {
    path: formatPath(path),
    type: valueTypes[type],
    value: jsonOfValue(value),
    time: at === undefined || Number.isNaN(at.getTime()) ? null : at.toISOString(),
  };
}

function timestamp(milliseconds: number): string {
  const at = new Date(milliseconds);
  // A time to live may end after all times that there are.
  return Number.isNaN(at.getTime()) ? new Date(8_640_000_000_000_000).toISOString() : at.toISOString();
}
