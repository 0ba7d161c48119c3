import express, { type Express, type Request, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import { apiDocs } from './api-docs.ts';
import { answerErrors, ApiError } from './errors.ts';
import { healthRoutes } from './health-routes.ts';
import type { LiveStream } from './live-stream.ts';
import { malformedToGuests, mountRoutes, type RouteGuards, unknownToGuests } from './mount-routes.ts';
import { openApiRoute } from './openapi.ts';
import { pages } from './pages.ts';
import type { Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';

export interface HttpAppOptions {
  /** Of all parts. Those of health, the stream and the OpenAPI document come on top of them. */
  readonly routes: readonly Route[];
  readonly guards: RouteGuards;
  readonly stream: LiveStream;
  /** Rejects when the app can not serve at present, such as while the database is away. */
  readonly ready: () => Promise<unknown>;
  /** What is no route: files of firmware, the interface of Leshan. Each authorises by itself. */
  readonly mounts?: readonly Mount[];
  /** Where the web bundle is. */
  readonly webDirectory: string;
  /** Of the OpenAPI document. */
  readonly version: string;
  readonly publicUrl: string | undefined;
  /** Whose `X-Forwarded-…` headers count: the number of proxies, or their addresses and networks. Default: nobody's. */
  readonly trustProxy?: number | readonly string[] | false;
  /** Sees each request first, with all routes that there are: what counts and logs. */
  readonly observe?: (routes: readonly Route[]) => RequestHandler;
  readonly log: Logger;
}

export interface Mount {
  /** Such as `/api`. What its handler passes on is looked for further. */
  readonly path: string;
  /** What it is mounted at in place of `path`, where more paths are to come to it. */
  readonly pattern?: RegExp;
  readonly handler: RequestHandler;
}

/** All that is served over HTTP. */
export function httpApp(options: HttpAppOptions): Express {
  const { guards, mounts = [], webDirectory, version, publicUrl, trustProxy = false, observe, log } = options;
  const routes = httpRoutes(options);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', trustProxy);
  const document = openApiRoute(routes, { version, ...(publicUrl === undefined ? {} : { publicUrl }) });
  const all = [...routes, document];
  if (observe !== undefined) app.use(observe(all));
  app.use(securityHeaders);
  app.use(mountRoutes(all, guards));
  for (const { path, pattern, handler } of mounts) app.use(pattern ?? path, handler);
  app.use('/api/docs', apiDocs());
  app.use(['/api', '/leshan_api', '/healthz'], unknownToGuests(guards));
  app.use(['/api', '/leshan_api', '/healthz'], malformedToGuests(guards));
  app.use(pages(webDirectory));
  app.use(answerErrors(log));
  return app;
}

/** All routes but that of the document itself, which describes them. */
function httpRoutes({
  routes,
  guards,
  stream,
  ready,
}: Pick<HttpAppOptions, 'routes' | 'guards' | 'stream' | 'ready'>): Route[] {
  return [...routes, stream.route((request) => mayRead(request, guards)), ...healthRoutes(ready)];
}

async function mayRead(request: Request, guards: RouteGuards): Promise<boolean> {
  try {
    return (await guards.authenticate(request))?.permissions.has('read') ?? false;
  } catch (error) {
    // A token that is none any more.
    if (error instanceof ApiError) return false;
    throw error;
  }
}
