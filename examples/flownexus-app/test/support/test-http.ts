import { request } from 'node:http';
import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { httpApp } from '../../src/http/http-app.ts';
import { startHttpServer } from '../../src/http/http-server.ts';
import { LiveStream } from '../../src/http/live-stream.ts';
import { IngestQueue } from '../../src/ingest/ingest-queue.ts';
import { temporaryDirectory, testDatabase } from './test-database.ts';

export const TOKEN = 'a-token-of-the-tests';

/** The whole HTTP side on a free port, over a database of its own. */
export async function testHttp(options: { apiToken?: string; page?: string; backlogBytes?: number } = {}) {
  const opened = await testDatabase();
  const log = pino({ level: 'silent' });
  const stream = new LiveStream(opened.database, log, options);
  const queue = new IngestQueue({ database: opened.database, onStored: (stored) => stream.publish(stored) });
  queue.open();
  const webDirectory = temporaryDirectory();
  if (options.page !== undefined) {
    writeFileSync(join(webDirectory, 'index.html'), options.page);
    mkdirSync(join(webDirectory, 'assets'));
    writeFileSync(join(webDirectory, 'assets', 'app-1.js'), 'export {};');
  }
  const { database, definitions } = opened;
  const app = httpApp({ database, definitions, stream, apiToken: options.apiToken, webDirectory, log });
  const server = await startHttpServer(app, '127.0.0.1', 0);
  onTestFinished(async () => {
    stream.close();
    await server.stop();
  });
  const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    send(server.url, 'GET', path, headers);
  return { ...opened, queue, stream, url: server.url, port: Number(new URL(server.url).port), get };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Undefined when the body is not JSON. */
  readonly body: unknown;
}

/** One request as it is given: `fetch` would rewrite the path and refuse a Host header. */
export function send(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body: string = '',
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const json = response.headers['content-type']?.startsWith('application/json') === true;
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: json && text !== '' ? JSON.parse(text) : undefined,
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
