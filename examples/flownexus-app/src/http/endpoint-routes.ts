import { type DefinitionSource, formatPath, parsePath, type Path, pathStartsWith } from '@flownexus/lwm2m-core';
import { Router } from 'express';
import type { Database } from '../database/database.ts';
import { TooManySeriesError } from '../database/series-index.ts';
import type { EndpointItem, List, ResourceItem } from './api-types.ts';
import { ApiError, onlyGet } from './errors.ts';
import { formatPosition, parseEndpointsQuery, parseResourcesQuery } from './queries.ts';

/** `/api/v1/endpoints` and what is below it. */
export function endpointRoutes(database: Database, definitions: DefinitionSource): Router {
  const find = (name: string): EndpointItem => {
    const endpoint = database.endpoints.get(name);
    if (endpoint === undefined) {
      throw new ApiError(404, 'unknown-endpoint', `no endpoint named ${JSON.stringify(name)} has registered yet`);
    }
    return endpoint;
  };
  const router = Router();

  router
    .route('/')
    .get((request, response) => {
      const { limit, after } = parseEndpointsQuery(request.query);
      const list: List<EndpointItem> = database.endpoints.page(limit, after);
      response.json(list);
    })
    .all(onlyGet);

  router
    .route('/:name')
    .get((request, response) => {
      response.json(find(request.params.name));
    })
    .all(onlyGet);

  router
    .route('/:name/resources')
    .get((request, response) => {
      const endpoint = find(request.params.name);
      const selection = parseResourcesQuery(request.query);
      const { items, next } = readable(() => database.resources.page(endpoint.name, selection));
      const { path } = selection;
      if (
        items.length === 0 &&
        path !== undefined &&
        !mayHave(endpoint, path) &&
        !readable(() => database.resources.hasValue(endpoint.name, path))
      ) {
        throw new ApiError(
          404,
          'unknown-path',
          `the endpoint has not registered ${formatPath(path)} and never reported it`,
        );
      }
      const list: List<ResourceItem> = { items, nextCursor: next === undefined ? null : formatPosition(next) };
      response.json(list);
    })
    .all(onlyGet);

  /** Whether a value at or below the path could come: the endpoint registered it, and its Object has the Resource. */
  const mayHave = (endpoint: EndpointItem, path: Path): boolean => {
    const registered = endpoint.objectLinks.some((link) => {
      const linked = parsePath(link);
      return pathStartsWith(path, linked) || pathStartsWith(linked, path);
    });
    if (!registered || path.objectId === undefined || path.resourceId === undefined) return registered;
    return (
      definitions.object(path.objectId) === undefined ||
      definitions.resource(path.objectId, path.resourceId) !== undefined
    );
  };
  return router;
}

/** Tells the client when its path selects too much. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TooManySeriesError)) throw error;
    throw new ApiError(400, 'too-many-series', error.message);
  }
}
