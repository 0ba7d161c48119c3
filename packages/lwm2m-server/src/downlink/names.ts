import type { Path } from '@flownexus/lwm2m-core';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { Registration } from '../registration/registration.ts';

/** What names in payloads begin with, and which versions the Objects have that they are of. */
export type Naming = Pick<Registration, 'objectVersions' | 'rootPath'>;

const NONE_KNOWN: ReadonlyMap<number, string> = new Map();

/**
 * How the payloads for a path of an endpoint are to be read and written. A device behind a gateway has its own Object versions: those
 * that the Gateway Object lists, once it was read (`Device.gateway`), else the newest (TS Gateway §6.2).
 */
export function namingOf(endpoint: RegisteredEndpoint, { prefix }: Pick<Path, 'prefix'>): Naming {
  const { registration, iotObjectVersions } = endpoint;
  if (prefix === undefined) return registration;
  return { rootPath: registration.rootPath, objectVersions: iotObjectVersions?.get(prefix) ?? NONE_KNOWN };
}

/** As {@link namingOf}, for the payload of a composite operation: the device that all paths are of, else the registered one. */
export function namingOfAll(endpoint: RegisteredEndpoint, paths: readonly Path[]): Naming {
  const first = paths[0];
  const isOfOne = first !== undefined && (paths.length === 1 || paths.every(({ prefix }) => prefix === first.prefix));
  return isOfOne ? namingOf(endpoint, first) : endpoint.registration;
}
