import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', ['json', { outputFile: 'test-results/vitest.json' }]],
    // One PostgreSQL server for all tests of the application, where it is installed, and empty databases to copy.
    globalSetup: ['examples/flownexus-app/test/support/database-setup.ts'],
    testTimeout: 20_000,
    // A poll waits for a browser or a child process: on a busy machine that takes longer than the default second.
    expect: { poll: { timeout: 15_000 } },
  },
});
