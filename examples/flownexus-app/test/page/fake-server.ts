import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EndpointItem, ResourceItem, StreamEvents } from '../../src/http/api-types.ts';

const BUNDLE = fileURLToPath(new URL('../../dist-web/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
/** As strict as the page can bear: what it forbids would show as an error on the console. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; base-uri 'none'";

/** Serves the built page and an API with whatever content a test gives it. */
export class FakeServer {
  endpoints: EndpointItem[] = [];
  /** Stored values by endpoint name and path, oldest first. */
  readonly values = new Map<string, ResourceItem[]>();
  /** While set, the list of endpoints is answered with this status. */
  failWith: number | undefined;
  readonly requests: string[] = [];
  readonly #streams = new Set<ServerResponse>();
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  /** Starts on a free port and gives the address of the page. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/`;
  }

  async stop(): Promise<void> {
    this.dropStreams();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  emit<E extends keyof StreamEvents>(event: E, data: StreamEvents[E]): void {
    for (const stream of this.#streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Breaks all event streams, as a restarting server does. */
  dropStreams(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    this.requests.push(url.pathname + url.search);
    if (url.pathname === '/api/v1/stream') {
      this.#stream(response);
      return;
    }
    if (url.pathname === '/api/v1/endpoints') {
      this.#list(response);
      return;
    }
    const [, name] = /^\/api\/v1\/endpoints\/([^/]+)\/resources$/.exec(url.pathname) ?? [];
    if (name !== undefined) {
      this.#resources(decodeURIComponent(name), url.searchParams, response);
      return;
    }
    await this.#file(url.pathname, response);
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 50\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  #list(response: ServerResponse): void {
    if (this.failWith === undefined) {
      json(response, 200, { items: this.endpoints, nextCursor: null });
      return;
    }
    json(response, this.failWith, { error: { code: 'broken', message: 'the database is locked' } });
  }

  #resources(name: string, query: URLSearchParams, response: ServerResponse): void {
    const from = Date.parse(query.get('from') ?? new Date(0).toISOString());
    const stored = this.values.get(`${name} ${query.get('path') ?? ''}`) ?? [];
    const items = stored.filter(({ time }) => Date.parse(time) >= from).slice(-Number(query.get('limit') ?? 1000));
    json(response, 200, { items, nextCursor: null });
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    const file = normalize(path === '/' ? '/index.html' : path);
    try {
      const body = await readFile(join(BUNDLE, file));
      response.writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': CONTENT_SECURITY_POLICY,
      });
      response.end(body);
    } catch {
      json(response, 404, { error: { code: 'not-found', message: path } });
    }
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
