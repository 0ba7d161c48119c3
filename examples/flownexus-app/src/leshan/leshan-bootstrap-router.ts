import express, { type Router } from 'express';
import { BootstrapSessionEvents } from './bootstrap-events.ts';
import { addBootstrapRoutes } from './bootstrap-routes.ts';
import { answerLeshanErrors } from './leshan-error.ts';
import type { LeshanBootstrapOptions } from './options.ts';
import { addRoute, admittedStill } from './routes.ts';
import { addSecurityRoutes } from './security-routes.ts';

/** The REST and event interface of a Leshan bootstrap server, to be mounted at `/api`. What it has no address for is left to what is mounted after it. */
export function leshanBootstrapRouter(options: LeshanBootstrapOptions): Router {
  const { server, log, streamBacklogBytes } = options;
  const router = express.Router();
  const { streams } = new BootstrapSessionEvents(server, streamBacklogBytes);
  addRoute(router, '/event', options, {
    GET: {
      permission: 'read',
      handler: (request, response) => {
        streams.open(request, response, admittedStill(request, 'read', options));
      },
    },
  });
  addBootstrapRoutes(router, options);
  addSecurityRoutes(router, server, options);
  router.use(answerLeshanErrors(log));
  return router;
}
