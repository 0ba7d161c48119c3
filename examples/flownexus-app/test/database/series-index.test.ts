import { parsePath } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { SeriesIndex, TooManySeriesError } from '../../src/database/series-index.ts';
import { writeBatch } from '../../src/ingest/write-batch.ts';
import { record, registered, values } from '../support/batches.ts';
import { testDatabase } from '../support/test-database.ts';

/** One device with two Objects, and another one that made up a hundred Resources. */
async function openIndex(maximum?: number) {
  const { connection, database } = await testDatabase();
  const paths = ['/3303/0/5700', '/3303/7/5700', '/3303/7/5701', '/3304/0/5700'];
  database.transaction(() => {
    writeBatch(database, registered('a'));
    writeBatch(database, registered('b'));
    const odd = Array.from({ length: 100 }, (_, index) => record(`/3303/0/${String(index)}`, 'float', index));
    writeBatch(database, values('b', odd));
    for (const path of [...paths, ...paths]) writeBatch(database, values('a', [record(path, 'float', 1)]));
  });
  const types = new Map(
    ['3303/5700', '3303/5701'].map((type) => {
      const [objectId = 0, resourceId = 0] = type.split('/').map(Number);
      return [database.resourceTypes.find(objectId, resourceId)?.id, type];
    }),
  );
  const index = new SeriesIndex(connection, maximum);
  return (path: string) =>
    index
      .below('a', parsePath(path))
      .map(({ resourceTypeId, objectInstanceId }) => `${String(objectInstanceId)} ${types.get(resourceTypeId) ?? '?'}`)
      .sort();
}

test.each([
  ['/3303', ['0 3303/5700', '7 3303/5700', '7 3303/5701']],
  ['/3303/7', ['7 3303/5700', '7 3303/5701']],
  ['/3303/7/5701', ['7 3303/5701']],
  ['/3303/7/9999', []],
  ['/3305', []],
])('it finds what the endpoint reported: %s', async (path, expected) => {
  expect((await openIndex())(path)).toEqual(expected);
});

test('beyond its bound it refuses, and what other endpoints made up does not count', async () => {
  // Three types of the endpoint, of which two are of the Object, and three series of them.
  expect((await openIndex(6))('/3303')).toHaveLength(3);
  const below = await openIndex(5);
  expect(() => below('/3303')).toThrow(TooManySeriesError);
  expect(() => below('/3303')).toThrow('there are more than 5 series of values: a longer path selects fewer');
  expect(below('/3303/7')).toHaveLength(2);
});
