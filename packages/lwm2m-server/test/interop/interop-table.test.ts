import { join } from 'node:path';
import { expect, test } from 'vitest';
import { interopTable } from './interop-table.ts';

test('docs/interop-lwm2m.md shows what the tests run', async () => {
  const page = join(import.meta.dirname, '../../../../docs/interop-lwm2m.md');
  await expect(interopTable()).toMatchFileSnapshot(page);
});
