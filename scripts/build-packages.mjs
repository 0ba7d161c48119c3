// Compiles what is stale. Used by the scripts that run something, in one process with it: a signal to npm then reaches
// what runs, where a shell between them would end and leave it behind.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

export function buildPackages(...projects) {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-b', ...projects], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
