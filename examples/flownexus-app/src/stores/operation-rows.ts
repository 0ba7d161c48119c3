import { formatPath } from '@flownexus/lwm2m-core';
import {
  formatOperation,
  formatOperationResult,
  type Operation,
  type OperationFailureReason,
  parseOperation,
  parseOperationResult,
  type QueuedOperation,
} from '@flownexus/lwm2m-server';
import type { Selectable } from 'kysely';
import { escapeNul, unescapeNul } from '../database/nul-text.ts';
import type { EndpointOperationRow } from '../database/tables.ts';
import { parseOperationMetadata } from '../operations/operation-metadata.ts';

/** A row of table EndpointOperation. */
export type OperationRow = Selectable<EndpointOperationRow>;

/** The row of an operation. `last_attempt` is set while it is SENDING alone. */
export function toOperationRow(operation: QueuedOperation): OperationRow {
  const { state, key, metadata, result, failure } = operation;
  // A clock may have fractions.
  const updatedAt = Math.floor(operation.updatedAt);
  return {
    id: operation.id,
    sequence: operation.sequence,
    endpoint: operation.endpointName,
    operation_type: operation.operation.kind,
    path: escapeNul(pathsOf(operation.operation).join(' ')),
    operation: formatOperation(operation.operation),
    status: state,
    transmit_counter: operation.attempts,
    max_attempts: operation.maxAttempts,
    repeatable: operation.repeatable ? 1 : 0,
    replace_key: key === undefined ? null : escapeNul(key),
    metadata: metadata === undefined ? null : escapeNul(metadata),
    timestamp_created: Math.floor(operation.queuedAt),
    updated_at: updatedAt,
    last_attempt: state === 'SENDING' ? updatedAt : null,
    expires_at: operation.expiresAt ?? null,
    response_code: result?.responseCode ?? failure?.responseCode ?? null,
    failure_reason: failure?.reason ?? null,
    // It may have what the device said.
    failure_message: failure === undefined ? null : escapeNul(failure.message),
    result: result === undefined ? null : formatOperationResult(result),
    bulk_id: parseOperationMetadata(metadata).bulkId ?? null,
  };
}

/** @throws Lwm2mServerError for a row that has no operation */
export function fromOperationRow(row: OperationRow): QueuedOperation {
  const { failure_reason: reason, failure_message: message, response_code: responseCode } = row;
  return {
    id: row.id,
    endpointName: row.endpoint,
    sequence: row.sequence,
    operation: parseOperation(row.operation),
    state: row.status,
    attempts: row.transmit_counter,
    maxAttempts: row.max_attempts,
    repeatable: row.repeatable === 1,
    key: row.replace_key === null ? undefined : unescapeNul(row.replace_key),
    metadata: row.metadata === null ? undefined : unescapeNul(row.metadata),
    queuedAt: row.timestamp_created,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at ?? undefined,
    result: row.result === null ? undefined : parseOperationResult(row.result),
    failure:
      reason === null
        ? undefined
        : {
            // Written from one.
            reason: reason as OperationFailureReason,
            message: message === null ? '' : unescapeNul(message),
            ...(responseCode === null ? {} : { responseCode }),
          },
  };
}

/** What an operation is about, for lists. */
function pathsOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'readComposite':
    case 'observeComposite':
    case 'cancelObservation':
      return operation.paths;
    case 'writeComposite':
      return operation.changes.map(({ path }) => formatPath(path));
    case 'request':
      return [`/${operation.path.join('/')}`];
    default:
      return [operation.path];
  }
}
