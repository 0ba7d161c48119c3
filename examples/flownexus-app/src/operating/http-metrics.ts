import type { Request, Response } from 'express';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Mount } from '../http/http-app.ts';
import type { Route } from '../http/route.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Where devices get firmware; it is mounted at the root, to be found at doubled slashes, too. */
const DEVICE_FILES = '/media/firmware';

export interface HttpMetricsOptions {
  readonly registry: Registry;
  readonly routes: readonly Pick<Route, 'path'>[];
  readonly mounts: readonly Pick<Mount, 'path'>[];
}

/** What is served over HTTP, by route. What is asked for beside the routes counts as one: anybody can make up addresses. */
export class HttpMetrics {
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #seconds: Histogram<'method' | 'route'>;
  readonly #open: Gauge;
  /** As express has them, with the path of the document. */
  readonly #routes: ReadonlyMap<string, string>;
  readonly #mounts: readonly string[];

  constructor({ registry, routes, mounts }: HttpMetricsOptions) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'flownexus_http_requests_total',
      help: 'Requests over HTTP that have ended',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'flownexus_http_request_duration_seconds',
      help: 'How long requests over HTTP took, event streams left out',
      labelNames: ['method', 'route'],
      buckets: [0.005, 0.025, 0.1, 0.25, 1, 2.5, 10, 60],
      registers,
    });
    this.#open = new Gauge({
      name: 'flownexus_http_requests_in_progress',
      help: 'Requests over HTTP that are under way, event streams included',
      registers,
    });
    this.#routes = new Map(routes.map(({ path }) => [path.replaceAll(/\{(\w+)\}/g, ':$1'), path]));
    this.#mounts = [...mounts.map(({ path }) => path), DEVICE_FILES].filter((path) => path !== '/');
  }

  began(): void {
    this.#open.inc();
  }

  ended(request: Request, response: Response, ms: number): void {
    this.#open.dec();
    const method = METHODS.has(request.method) ? request.method : 'other';
    const route = this.#routeOf(request);
    this.#requests.inc({ method, route, status: response.headersSent ? String(response.statusCode) : 'aborted' });
    const isStream = String(response.getHeader('content-type') ?? '').startsWith('text/event-stream');
    if (!isStream) this.#seconds.observe({ method, route }, ms / 1000);
  }

  #routeOf(request: Request): string {
    // What the last route that matched was made with.
    const { path } = (request.route ?? {}) as { readonly path?: unknown };
    const known = typeof path === 'string' && request.baseUrl === '' ? this.#routes.get(path) : undefined;
    if (known !== undefined) return known;
    // Some devices double slashes.
    const pathname = (request.originalUrl.split('?', 1)[0] ?? '').replaceAll(/\/{2,}/g, '/');
    return this.#mounts.find((each) => pathname === each || pathname.startsWith(`${each}/`)) ?? 'page';
  }
}
