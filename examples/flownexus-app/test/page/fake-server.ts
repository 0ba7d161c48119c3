import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EndpointItem, Problem, ResourceItem, SessionInfo, StreamEvents } from '../../src/http/api-types.ts';

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

const SESSION: SessionInfo = {
  user: 'anna',
  role: 'admin',
  permissions: ['read', 'operate', 'administer', 'ingest'],
  via: 'session',
  secondFactor: false,
};

/** Serves the built page and an API with whatever content a test gives it. */
export class FakeServer {
  endpoints: EndpointItem[] = [];
  /** Stored values by endpoint name and path, oldest first. */
  readonly values = new Map<string, ResourceItem[]>();
  /** While set, the list of endpoints is answered with this status. */
  failWith: number | undefined;
  /** Who is signed in; null: everything answers 401. */
  session: SessionInfo | null = SESSION;
  /** What signing in takes. */
  credentials = { name: 'anna', password: 'correct horse battery', code: undefined as string | undefined };
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
    if (url.pathname === '/api/v1/session') {
      await this.#session(request, response);
      return;
    }
    if (url.pathname.startsWith('/api/') && this.session === null) {
      problem(response, 401, 'unauthorized', 'sign in, or send a token');
      return;
    }
    if (url.pathname === '/api/v1/stream') {
      this.#stream(request, response);
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

  async #session(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const given = JSON.parse(Buffer.concat(chunks).toString()) as { name: string; password: string; code?: string };
      const { name, password, code } = this.credentials;
      if (given.name !== name || given.password !== password) {
        problem(response, 401, 'wrong-credentials', 'the name, the password or the code is wrong');
        return;
      }
      if (given.code !== code) {
        if (given.code === undefined) problem(response, 401, 'code-needed', 'a code of the second factor is needed');
        else problem(response, 401, 'wrong-credentials', 'the name, the password or the code is wrong');
        return;
      }
      this.session = { ...SESSION, user: name };
    }
    if (request.method === 'DELETE') {
      this.session = null;
      response.writeHead(204).end();
    } else if (this.session === null) problem(response, 401, 'unauthorized', 'sign in, or send a token');
    else json(response, 200, this.session);
  }

  /** As a server that was started anew has it: who comes back has lost what was between. */
  #stream(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 50\nid: 1\n\n');
    if (request.headers['last-event-id'] !== undefined) response.write('event: lost\ndata: {}\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  #list(response: ServerResponse): void {
    if (this.failWith === undefined) {
      json(response, 200, { items: this.endpoints, nextCursor: null });
      return;
    }
    problem(response, this.failWith, 'unavailable', 'the database is locked');
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
      problem(response, 404, 'not-found', path);
    }
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function problem(response: ServerResponse, status: number, code: string, detail: string): void {
  const body: Problem = { type: `urn:flownexus:problem:${code}`, title: code, status, detail };
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify(body));
}
