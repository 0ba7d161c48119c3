import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { httpApp, type HttpAppOptions } from '../../src/http/http-app.ts';
import { startHttpServer } from '../../src/http/http-server.ts';
import { LiveStream } from '../../src/http/live-stream.ts';
import { temporaryDirectory } from './test-database.ts';
import { type Answer, send } from './test-http.ts';
import { testGuards } from './test-routes.ts';

/** The HTTP app on a free port, with a guard as `testRoutes` has it. */
export async function testHttpApp(options: Partial<HttpAppOptions> & { readonly page?: string } = {}) {
  const log = options.log ?? pino({ level: 'silent' });
  const stream = options.stream ?? new LiveStream({ log });
  const webDirectory = temporaryDirectory();
  if (options.page !== undefined) {
    writeFileSync(join(webDirectory, 'index.html'), options.page);
    mkdirSync(join(webDirectory, 'assets'));
    writeFileSync(join(webDirectory, 'assets', 'app-1.js'), 'export {};');
  }
  const app = httpApp({
    routes: [],
    guards: testGuards().guards,
    ready: () => Promise.resolve(),
    webDirectory,
    version: '0.1.0',
    publicUrl: undefined,
    ...options,
    stream,
    log,
  });
  const server = await startHttpServer(app, '127.0.0.1', 0);
  onTestFinished(() => server.stop());
  onTestFinished(() => stream.close());
  const call = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body: string | Uint8Array = '',
  ): Promise<Answer> => send(server.url, method, path, headers, body);
  return {
    url: server.url,
    stream,
    call,
    get: (path: string, headers: Record<string, string> = {}) => call('GET', path, headers),
  };
}
