import { expect, test } from 'vitest';
import { sharedBlackBox } from './black-box.ts';

const app = sharedBlackBox();

test('four values: by time, limit and order, as CSV, the latest alone, and a reason where there is nothing', async () => {
  const box = app();
  const times: string[] = [];
  for (const value of [1, 2, 3, 4]) {
    const body = { ep: 'a', obj_id: 3303, val: { kind: 'singleResource', id: 5700, type: 'FLOAT', value } };
    expect(await box.call('POST', '/leshan_api/resource/single', body)).toMatchObject({ status: 201 });
    times.push(String((await box.values('a', '/3303/0/5700')).at(-1)?.['time']));
  }
  const list = async (query: string) =>
    (await box.get<{ items: { value: number }[]; nextCursor: string | null }>(`/api/v1/endpoints/a/resources?path=/3303/0/5700&${query}`)); // prettier-ignore
  const values = async (query: string) => (await list(query)).items.map(({ value }) => value);
  expect(await values('order=asc')).toEqual([1, 2, 3, 4]);
  expect(await values('order=desc&limit=2')).toEqual([4, 3]);
  const { nextCursor } = await list('order=desc&limit=2');
  expect(await values(`order=desc&limit=2&cursor=${encodeURIComponent(String(nextCursor))}`)).toEqual([2, 1]);
  expect(await values(`order=asc&from=${times[1] ?? ''}`)).toEqual(expect.arrayContaining([2, 3, 4]));
  expect(await values(`order=asc&to=2001-01-01T00:00:00Z`)).toEqual([]);

  const latest = await box.get<{ items: object[] }>('/api/v1/endpoints/a/resources/latest');
  expect(latest.items).toMatchObject([{ path: '/3303/0/5700', value: 4 }]);

  const csv = await box.call('GET', '/api/v1/endpoints/a/resources?path=/3303/0/5700&order=asc', undefined, { authorization: `Bearer the-token-of-the-scenarios`, accept: 'text/csv' }); // prettier-ignore
  expect(csv.headers['content-type']).toMatch(/^text\/csv/);
  expect(csv.text.trim().split('\r\n')).toHaveLength(5);

  const unknown = await box.call('GET', '/api/v1/endpoints/a/resources?path=/9999/0/1');
  expect(unknown).toMatchObject({ status: 404, body: { type: 'urn:flownexus:problem:unknown-path' } });
});
