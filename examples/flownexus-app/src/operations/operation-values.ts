import { parsePath, recordsFromNode, type ResourceRecord } from '@flownexus/lwm2m-core';
import type { Operation, OperationResult, OperationStore, QueuedOperation } from '@flownexus/lwm2m-server';
import { limits } from '../limits.ts';
import type { ErrorReport } from '../stores/readable.ts';
import type { Batch } from '../values/batch.ts';
import { hasSecrets } from './secret-objects.ts';

export interface ValuesOfOperationsOptions {
  /** Stores values; resolves when they are safe. */
  readonly store: (batch: Batch) => Promise<void>;
  /** Whether what was read is a log, and stored however large it is. Default: nothing is. */
  readonly isLog?: (record: ResourceRecord) => boolean;
  /** Told of values that can not be stored: the operation is confirmed all the same. */
  readonly report: ErrorReport;
}

/** Of the Device Object. */
const REBOOT = '/3/0/4';

/**
 * A store of operations that stores as values, too, what a Read that is CONFIRMED gave and what a Write or Create that is CONFIRMED wrote. Who waits for the
 * operation finds them.
 */
export function storingValues(
  operations: OperationStore,
  { store, isLog, report }: ValuesOfOperationsOptions,
): OperationStore {
  return {
    load: () => operations.load(),
    lastSequence: () => operations.lastSequence(),
    get: (id) => operations.get(id),
    list: (endpointName, limit) => operations.list(endpointName, limit),
    async save(operation) {
      const batch = batchOf(operation, isLog);
      if (batch === undefined) return operations.save(operation);
      // Together, so that they share a commit.
      const saved = operations.save(operation);
      const stored = store(batch).catch((error: unknown) => {
        report(error, `the values of the operation ${operation.id} of ${operation.endpointName} are not stored`);
      });
      await Promise.all([saved, stored]);
    },
  };
}

/** The values of an operation that is CONFIRMED, or that the device reboots; undefined when there is nothing to store. */
export function batchOf(
  { endpointName, operation, result, state, updatedAt }: QueuedOperation,
  isLog: (record: ResourceRecord) => boolean = () => false,
): Batch | undefined {
  if (state !== 'CONFIRMED' || result === undefined) return undefined;
  if (operation.kind === 'execute' && operation.path === REBOOT) {
    return {
      endpoint: endpointName,
      receivedAt: Math.floor(updatedAt),
      source: 'operation',
      reboots: true,
      records: [],
    };
  }
  const isRead = operation.kind === 'read' || operation.kind === 'readComposite';
  const all = isRead ? (result.records ?? []) : recordsWritten(operation, result);
  const records = all.filter(
    (record) => !hasSecrets(record.path) && ((isRead && isLog(record)) || !isTooLarge(record)),
  );
  if (records.length === 0) return undefined;
  return {
    endpoint: endpointName,
    receivedAt: Math.floor(updatedAt),
    source: 'operation',
    ...(isRead ? {} : { direction: 'down' }),
    records,
  };
}

/** What an Observe gave comes as its first notification. */
function recordsWritten(operation: Operation, { createdPath }: OperationResult): readonly ResourceRecord[] {
  switch (operation.kind) {
    case 'write':
      return recordsFromNode(operation.node, operation.path);
    case 'create':
      return createdPath === undefined ? [] : recordsFromNode({ ...operation.instance, id: parsePath(createdPath).objectInstanceId ?? operation.instance.id }, createdPath); // prettier-ignore
    case 'writeComposite':
      return operation.changes.flatMap((change) => (change.value === null ? [] : [change]));
    default:
      return [];
  }
}

/** Such as the package of a firmware. */
function isTooLarge({ value }: ResourceRecord): boolean {
  return (typeof value === 'string' || value instanceof Uint8Array) && value.length > limits.storedOperationBytes;
}
