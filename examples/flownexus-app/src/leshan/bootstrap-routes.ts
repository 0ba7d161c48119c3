import { endpointNameProblem, parseBootstrapJson } from '@flownexus/lwm2m-server';
import type { Router } from 'express';
import { bootstrapToJson } from './bootstrap-json.ts';
import { checkingInput, invalidRequest, LeshanError } from './leshan-error.ts';
import type { LeshanBootstrapOptions } from './options.ts';
import { addRoute, endpointOf, jsonOf } from './routes.ts';

/** What devices are given by the bootstrap server. */
export function addBootstrapRoutes(router: Router, options: LeshanBootstrapOptions): void {
  const { configurations } = options;
  addRoute(router, '/bootstrap', options, {
    GET: {
      permission: 'administer',
      handler: async (_, response) => {
        const entries: (readonly [string, unknown])[] = [];
        for await (const { endpointName, configuration } of await configurations.list()) {
          const json = bootstrapToJson(configuration);
          if (json !== undefined) entries.push([endpointName, json]);
        }
        response.json(Object.fromEntries(entries));
      },
    },
  });
  addRoute(router, '/bootstrap/*ep', options, {
    POST: {
      permission: 'administer',
      action: 'setBootstrapConfiguration',
      hasBody: true,
      handler: async (request, response) => {
        const endpointName = endpointOf(request);
        const problem = endpointNameProblem(endpointName);
        if (problem !== undefined) throw invalidRequest(problem);
        await checkingInput(async () => configurations.set(endpointName, parseBootstrapJson(jsonOf(request))));
        response.end();
      },
    },
    DELETE: {
      permission: 'administer',
      action: 'removeBootstrapConfiguration',
      handler: async (request, response) => {
        if (!(await configurations.remove(endpointOf(request)))) {
          throw new LeshanError(404, 'there is no bootstrap configuration for this endpoint');
        }
        response.status(204).end();
      },
    },
  });
}
