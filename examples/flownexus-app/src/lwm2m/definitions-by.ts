import type { DefinitionSource, ObjectRegistry } from '@flownexus/lwm2m-core';
import type { Lwm2mServer } from '@flownexus/lwm2m-server';

/** Gives the Objects as an endpoint has them: in the versions that it registered, and in the latest while it is not registered. */
export function definitionsBy(
  server: Pick<Lwm2mServer, 'registration'>,
  objects: ObjectRegistry,
): (endpointName: string) => DefinitionSource {
  return (endpointName) => {
    const registration = server.registration(endpointName);
    return registration === undefined ? objects : objects.forVersions(registration.objectVersions);
  };
}
