import { describe, test } from 'vitest';
import { plugtestCases } from './cases/index.ts';
import { memoryEnvironment } from './memory-environment.ts';

describe('our client and our server', () => {
  test.each(plugtestCases)('$id: $title', async ({ run }) => {
    const { environment, end } = await memoryEnvironment();
    try {
      await run(environment);
    } finally {
      await end();
    }
  });
});
