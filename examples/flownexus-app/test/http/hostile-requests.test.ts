import fc from 'fast-check';
import { expect, test } from 'vitest';
import { record, registered, values } from '../support/batches.ts';
import { testHttp } from '../support/test-http.ts';

test('whatever is asked, the answer is JSON and the failure never ours', async () => {
  const { get, queue } = await testHttp();
  await queue.submit(registered('a'));
  await queue.submit(values('a', [record('/3303/0/5700', 'float', 1)]));
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      'a',
      '-1',
      '0',
      '1',
      '99999999999999999999',
      '/3303/0/5700',
      '/',
      '2026-01-01',
      '1.1',
      '-8640000000000001.5',
      '65536/1',
    ),
  );
  const query = fc.dictionary(fc.oneof(fc.constantFrom('path', 'from', 'to', 'limit', 'order', 'cursor'), text), text, {
    maxKeys: 4,
  });
  // A lone surrogate has no percent-encoding.
  const encode = (part: string): string => encodeURIComponent(part.toWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.constant('a'), text), query, async (name, parameters) => {
      const search = Object.entries(parameters).map(([key, value]) => `${encode(key)}=${encode(value)}`);
      const answer = await get(`/api/v1/endpoints/${encode(name)}/resources?${search.join('&')}`);
      expect([200, 400, 404]).toContain(answer.status);
      expect(answer.body).toBeTypeOf('object');
    }),
    { numRuns: 300 },
  );
});
