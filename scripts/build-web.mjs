// Builds the web page of the app into examples/flownexus-app/dist-web, only when something it is made of has changed.
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const app = join(root, 'examples/flownexus-app');
const web = join(app, 'web');
const stamp = join(app, 'dist-web/.built');

function newestMtime(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // The folder itself counts: its time tells of a file that was removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMtime(join(path, name))));
}

const sources = [
  web,
  join(app, 'src/http/api-types.ts'),
  join(root, 'package-lock.json'),
  fileURLToPath(import.meta.url),
];
const newest = Math.max(...sources.map(newestMtime));
const built = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;

if (newest > built) {
  const started = new Date();
  try {
    // Whoever starts this: the bundle is the one for production (a test runner sets NODE_ENV to "test").
    process.env.NODE_ENV = 'production';
    const { build } = await import('vite');
    await build({ root: web, configFile: join(web, 'vite.config.ts'), logLevel: 'warn' });
    writeFileSync(stamp, '');
    // A file that changed while the build ran is newer than this.
    utimesSync(stamp, started, started);
    console.log(`built the web page in ${((Date.now() - started.getTime()) / 1000).toFixed(1)} s`);
  } catch (error) {
    console.error(`the web page could not be built: ${error instanceof Error ? error.stack : String(error)}`);
    process.exitCode = 1;
  }
}
