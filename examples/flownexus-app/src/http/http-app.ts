import type { DefinitionSource } from '@flownexus/lwm2m-core';
import express, { type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import type { Health } from './api-types.ts';
import { authorize } from './authorize.ts';
import { credentialRoutes } from './credential-routes.ts';
import { endpointRoutes } from './endpoint-routes.ts';
import { answerErrors, onlyGet, unknownRoute } from './errors.ts';
import type { LiveStream } from './live-stream.ts';
import { pages } from './pages.ts';

export interface HttpAppOptions {
  readonly database: Database;
  readonly definitions: DefinitionSource;
  readonly stream: LiveStream;
  readonly apiToken: string | undefined;
  /** Where the web bundle is. */
  readonly webDirectory: string;
  readonly log: Logger;
}

/** All that is served over HTTP. */
export function httpApp({ database, definitions, stream, apiToken, webDirectory, log }: HttpAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(securityHeaders);

  const api = express.Router();
  api.use((_, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  // Health tells nothing, and who watches over the process has no token.
  const health: Health = { status: 'pass' };
  api
    .route('/v1/health')
    .get((_, response) => response.json(health))
    .all(onlyGet);
  api.use(authorize(apiToken));
  api.use('/v1/endpoints', endpointRoutes(database, definitions), credentialRoutes(database.credentials));
  api.route('/v1/stream').get(stream.open).all(onlyGet);
  api.use(unknownRoute);

  app.use('/api', api);
  app.use(pages(webDirectory));
  app.use(answerErrors(log));
  return app;
}

/** Nothing from elsewhere is loaded, and nobody may frame the page or guess at types. */
const securityHeaders: RequestHandler = (_, response, next) => {
  response.set({
    'Content-Security-Policy':
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; " +
      "form-action 'self'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  });
  next();
};
