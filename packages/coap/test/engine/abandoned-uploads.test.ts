import { expect, test } from 'vitest';
import { AbandonedUploads } from '../../src/engine/abandoned-uploads.ts';
import { MAX_ABANDONED_UPLOADS_PER_PEER } from '../../src/limits.ts';

test('what is known of abandoned uploads is bounded', () => {
  const uploads = new AbandonedUploads();
  for (let index = 0; index <= MAX_ABANDONED_UPLOADS_PER_PEER; index += 1) uploads.add(`/${index}`, 100, 0);
  expect(uploads.size).toBe(MAX_ABANDONED_UPLOADS_PER_PEER);
  expect([uploads.has('/0', 50), uploads.has('/1', 50), uploads.has('/1', 100)]).toEqual([false, true, false]);
  uploads.add('/new', 300, 200);
  expect(uploads.size).toBe(1); // the others had their time
});
