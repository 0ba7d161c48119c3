import { EventEmitter } from 'node:events';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { Lwm2mServerError, type OperationQueue, type QueuedOperation } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { CommitRefusedError } from '../../src/database/commit-refused-error.ts';
import { queueBulk } from '../../src/operations/bulk-operations.ts';
import { OperationWaits } from '../../src/operations/operation-waits.ts';
import { addEndpoints } from '../support/endpoint-rows.ts';
import { testDatabase } from '../support/test-database.ts';

const never: OperationQueue['finished'] = (_id, { signal } = {}) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Lwm2mServerError('ERR_LWM2M_SERVER_ABORTED', 'aborted')));
  });

test('no more requests wait than may, and one that has left makes room', async () => {
  const waits = new OperationWaits({ finished: never }, { maximum: 1 });
  const response = new EventEmitter();
  const waiting = waits.wait('id', 60, response);
  await expect(waits.wait('id', 1, response)).rejects.toMatchObject({ status: 429 });
  expect(() => waits.check(1)).toThrow('too many requests wait');
  waits.check(0);
  response.emit('close');
  await waiting;
  waits.check(1);
  expect(response.listenerCount('close')).toBe(0);
});

test('a wait ends with the server', async () => {
  const stopped: OperationQueue['finished'] = () => Promise.reject(new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'no')); // prettier-ignore
  const waits = new OperationWaits({ finished: stopped });
  await expect(waits.wait('id', 1, new EventEmitter())).rejects.toMatchObject({ status: 503 });
});

const bulk = async (add: OperationQueue['add']) => {
  const database = await testDatabase();
  await addEndpoints(database, ...['a', 'b', 'c'].map((endpoint) => ({ endpoint })));
  const objects = await ObjectRegistry.bundled();
  return queueBulk(
    { database, queue: { add }, definitionsOf: () => objects },
    { endpoints: { all: true }, operation: { kind: 'read', path: '/3' } },
    { createdBy: 'anna', unknown: false },
  );
};
const queued = {} as QueuedOperation;

test('a bulk of which the database takes a part says what is left; one of which it takes nothing is refused', async () => {
  const away = new CommitRefusedError('away');
  const result = await bulk((name) => (name === 'a' ? Promise.resolve(queued) : Promise.reject(away)));
  expect(result).toMatchObject({ endpoints: 3, queued: 1, refused: 2, refusals: [{ endpoint: 'b', code: 'unavailable' }, { endpoint: 'c' }] }); // prettier-ignore
  await expect(bulk(() => Promise.reject(away))).rejects.toMatchObject({ status: 503 });
});

test('an endpoint with as many operations as may be does not keep others from theirs', async () => {
  const full = new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', 'too many operations are queued for b');
  const result = await bulk((name) => (name === 'b' ? Promise.reject(full) : Promise.resolve(queued)));
  expect(result).toMatchObject({ queued: 2, refusals: [{ endpoint: 'b', code: 'quota-exceeded' }] });
});

test('what nobody expected is no refusal', async () => {
  await expect(bulk(() => Promise.reject(new Error('a defect')))).rejects.toThrow('a defect');
});
