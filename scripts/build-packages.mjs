// Compiles what is stale. The scripts that run something do it in one process with this, so that a signal to the script
// reaches what it runs.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

export function buildPackages(...projects) {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-b', ...projects], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
