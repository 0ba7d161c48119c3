import express, { type Request, type Router } from 'express';
import { addCompositeRoutes } from './composite-routes.ts';
import { streamedEndpoint } from './event-streams.ts';
import { answerLeshanErrors } from './leshan-error.ts';
import { addObserveRoutes } from './observe-routes.ts';
import { addOperationRoutes } from './operation-routes.ts';
import type { LeshanOptions, LeshanPermission } from './options.ts';
import { addRegistrationRoutes } from './registration-routes.ts';
import { addRoute, admittedStill } from './routes.ts';
import { addSecurityRoutes } from './security-routes.ts';
import { ServerEvents } from './server-events.ts';

/**
 * The REST and event interface of a Leshan server, to be mounted at `/api`: tools that were made for one drive this server. What it has no address for
 * is left to what is mounted after it.
 */
export function leshanRouter(options: LeshanOptions): Router {
  const { server, objects, log, streamBacklogBytes } = options;
  const router = express.Router();
  const { streams } = new ServerEvents(server, objects, streamBacklogBytes);
  // A stream of one endpoint has its messages, what is written among them.
  const permission = (request: Request): LeshanPermission =>
    streamedEndpoint(request) === undefined ? 'read' : 'operate';
  addRoute(router, '/event', options, {
    GET: {
      permission,
      handler: (request, response) => {
        streams.open(request, response, admittedStill(request, permission(request), options));
      },
    },
  });
  addRegistrationRoutes(router, options);
  addSecurityRoutes(router, server, options);
  // The last of them takes paths of any number of segments.
  addCompositeRoutes(router, options);
  addObserveRoutes(router, options);
  addOperationRoutes(router, options);
  router.use(answerLeshanErrors(log));
  return router;
}
