import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conformanceTable } from './conformance-table.ts';

test('docs/conformance/plugtests.md shows what the tests run', async () => {
  const page = join(import.meta.dirname, '../../../../docs/conformance/plugtests.md');
  await expect(conformanceTable()).toMatchFileSnapshot(page);
});
