import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plugtestCases } from '../plugtest/cases/index.ts';
import { conformanceTable, peers } from './conformance-table.ts';

test('docs/conformance/plugtests.md shows what the tests run', async () => {
  const page = join(import.meta.dirname, '../../../../docs/conformance/plugtests.md');
  await expect(conformanceTable()).toMatchFileSnapshot(page);
});

test.each(peers)('the cases that $name is excused from exist', ({ serverLacks, clientLacks }) => {
  const ids = plugtestCases.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining([...Object.keys(serverLacks), ...Object.keys(clientLacks)]));
});
