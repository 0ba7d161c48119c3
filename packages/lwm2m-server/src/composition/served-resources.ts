import { Code, type CoapEndpoint, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import type { CoapResource } from '../api/resource.ts';
import type { CoapClient } from '../registration/registered-endpoint.ts';
import { Authorization } from '../security/authorization.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import { provenEndpointName } from '../security/proven-endpoint.ts';

/** First segments of paths that are those of LwM2M (TS Core §6.1, §6.2, §6.4). */
const INTERFACES: ReadonlySet<string> = new Set(['rd', 'dp', 'bs', 'bspack']);

export interface ServedResourcesOptions {
  readonly resources: readonly CoapResource[] | undefined;
  /** Who devices are. */
  readonly credentials: readonly CredentialStore[];
  /** The store by which peers of a CoAP endpoint have proven their identities, if there is one for it alone. */
  readonly proverOf: (coap: CoapClient) => CredentialStore | undefined;
}

/** The resources beside LwM2M, by their paths. */
export class ServedResources {
  readonly #authorization: Authorization;
  readonly #resources: ReadonlyMap<string, CoapResource>;
  readonly #proverOf: ServedResourcesOptions['proverOf'];

  /** @throws TypeError for a path that two have, or that LwM2M has */
  constructor({ resources, credentials, proverOf }: ServedResourcesOptions) {
    this.#authorization = new Authorization(credentials);
    this.#resources = resourcesByPath(resources);
    this.#proverOf = proverOf;
  }

  /** Answers a request by its path; 4.04 where nothing is. Of a URI with a double slash clients make an empty segment (RFC 7252 §6.4). */
  handle(request: IncomingRequest, coap: CoapEndpoint): CoapReply | Promise<CoapReply> {
    const resource = this.#resources.get(request.path.find((segment) => segment !== '') ?? '');
    if (resource === undefined) return { code: Code.NOT_FOUND };
    return resource.handle(request, {
      endpointName: () => provenEndpointName(this.#authorization, request.peer, this.#proverOf(coap)),
    });
  }
}

function resourcesByPath(resources: readonly CoapResource[] = []): ReadonlyMap<string, CoapResource> {
  const byPath = new Map<string, CoapResource>();
  for (const resource of resources) {
    const { path } = resource;
    if (path === '' || path.includes('/') || INTERFACES.has(path) || byPath.has(path)) {
      throw new TypeError(`a resource has one path segment of its own, not "${path}"`);
    }
    byPath.set(path, resource);
  }
  return byPath;
}
