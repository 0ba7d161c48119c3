// npm start: builds what is stale, then is the application.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildPackages } from './build-packages.mjs';

const application = new URL('../examples/flownexus-app/dist/main.js', import.meta.url);
if (!existsSync(application)) console.log('compiling, which takes about half a minute the first time …');
buildPackages();
// In a process of its own: the bundler wants NODE_ENV to be "production", the application wants the user's.
const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('build-web.mjs', import.meta.url))], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
// The next start takes two thirds of the time.
enableCompileCache();
await import(application);
