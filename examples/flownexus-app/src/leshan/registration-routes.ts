import type { Registration } from '@flownexus/lwm2m-server';
import type { Router } from 'express';
import { registrationOf } from './call.ts';
import { objectSpecs } from './object-specs.ts';
import type { LeshanOptions } from './options.ts';
import { registrationToJson, type RegistrationJson } from './registration-json.ts';
import { addRoute } from './routes.ts';
import { sendArray } from './send-array.ts';

/** Who is registered, and with which Objects. */
export function addRegistrationRoutes(router: Router, options: LeshanOptions): void {
  const { server, objects } = options;
  const toJson = (registration: Registration): RegistrationJson =>
    registrationToJson(registration, server.presence(registration.endpointName)?.state === 'asleep');

  addRoute(router, '/clients', options, {
    GET: {
      permission: 'read',
      handler: async (_, response) => {
        await sendArray(response, server.registrations(), toJson);
      },
    },
  });
  addRoute(router, '/clients/:ep', options, {
    GET: {
      permission: 'read',
      handler: (request, response) => {
        response.json(toJson(registrationOf(request, server)));
      },
    },
  });
  addRoute(router, '/objectspecs/:ep', options, {
    GET: {
      permission: 'read',
      handler: (request, response) => {
        const { objectVersions } = registrationOf(request, server);
        response.json(objectSpecs(objectVersions.keys(), objects.forVersions(objectVersions)));
      },
    },
  });
}
