import { parsePath } from '@flownexus/lwm2m-core';
import {
  MemoryOperationStore,
  type Operation,
  type OperationResult,
  type QueuedOperation,
} from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { batchOf, storingValues } from '../../src/operations/operation-values.ts';
import type { Batch } from '../../src/values/batch.ts';
import { record } from '../support/batches.ts';

function confirmed(operation: Operation, result: Partial<OperationResult> = {}): QueuedOperation {
  return { id: 'id', endpointName: 'a', sequence: 1, operation, state: 'CONFIRMED', attempts: 1, maxAttempts: 3, repeatable: true, key: undefined, metadata: undefined, queuedAt: 1, updatedAt: 9.5, expiresAt: undefined, result: { responseCode: '2.04', ...result }, failure: undefined }; // prettier-ignore
}

const write: Operation = { kind: 'write', path: '/3/0/14', mode: 'replace', node: { kind: 'singleResource', id: 14, type: 'string', value: 'x' } }; // prettier-ignore

test('values of a Read come up, those of a Write go down', () => {
  const records = [record('/3/0/9', 'integer', 95, 1.5)];
  expect(batchOf(confirmed({ kind: 'read', path: '/3/0/9' }, { records }))).toEqual({ endpoint: 'a', receivedAt: 9, source: 'operation', records }); // prettier-ignore
  expect(batchOf(confirmed(write))).toEqual({ endpoint: 'a', receivedAt: 9, source: 'operation', direction: 'down', records: [record('/3/0/14', 'string', 'x')] }); // prettier-ignore
});

test('values of a Create are those of the instance that the device made', () => {
  const create: Operation = { kind: 'create', path: '/3303', instance: { kind: 'objectInstance', id: 65_536, resources: [{ kind: 'singleResource', id: 5601, type: 'float', value: 1 }] } }; // prettier-ignore
  expect(batchOf(confirmed(create, { createdPath: '/3303/7' }))?.records).toEqual([record('/3303/7/5601', 'float', 1)]);
  expect(batchOf(confirmed(create))).toBeUndefined();
});

test('what a Write-Composite removes is no value', () => {
  const changes = [record('/3/0/14', 'string', 'x'), { path: parsePath('/3/0/7/1'), value: null }];
  expect(batchOf(confirmed({ kind: 'writeComposite', changes }))?.records).toEqual([record('/3/0/14', 'string', 'x')]);
});

test('an Execute of Reboot that is confirmed says that the device reboots', () => {
  const reboot: Operation = { kind: 'execute', path: '/3/0/4' };
  expect(batchOf(confirmed(reboot))).toEqual({ endpoint: 'a', receivedAt: 9, source: 'operation', reboots: true, records: [] }); // prettier-ignore
  expect(batchOf({ ...confirmed(reboot), state: 'FAILED', result: undefined })).toBeUndefined();
});

test.each<[string, QueuedOperation]>([
  ['what has failed', { ...confirmed(write), state: 'FAILED', result: undefined }],
  ['an Observe, whose values come as its first notification', confirmed({ kind: 'observe', path: '/3/0/9' }, { records: [record('/3/0/9', 'integer', 95)] })], // prettier-ignore
  ['an Execute', confirmed({ kind: 'execute', path: '/3/0/5' })],
  ['keys', confirmed({ kind: 'read', path: '/0/0/5' }, { records: [record('/0/0/5', 'opaque', Uint8Array.of(1))] })],
  ['keys behind a gateway', confirmed({ kind: 'read', path: '/d01/21/0/3' }, { records: [record('/d01/21/0/3', 'opaque', Uint8Array.of(1))] })], // prettier-ignore
  ['the package of a firmware', confirmed({ kind: 'write', path: '/5/0/0', mode: 'replace', node: { kind: 'singleResource', id: 0, type: 'opaque', value: new Uint8Array(100_000) } })], // prettier-ignore
])('%s gives no values', (_name, operation) => {
  expect(batchOf(operation)).toBeUndefined();
});

test('an operation is confirmed also where its values can not be stored, and not before they are', async () => {
  const operations = new MemoryOperationStore();
  const reported: string[] = [];
  let store: (batch: Batch) => Promise<void> = () => Promise.reject(new TypeError('no value'));
  const storing = storingValues(operations, { store: (batch) => store(batch), report: (_, context) => reported.push(context) }); // prettier-ignore
  await storing.save(confirmed(write));
  expect(await storing.get('id')).toMatchObject({ state: 'CONFIRMED' });
  expect(reported).toEqual(['the values of the operation id of a are not stored']);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  store = () => promise;
  let saved = false;
  const saving = Promise.resolve(storing.save(confirmed(write))).then(() => (saved = true));
  await new Promise((next) => setImmediate(next));
  expect(saved).toBe(false);
  resolve(undefined);
  await saving;
});
