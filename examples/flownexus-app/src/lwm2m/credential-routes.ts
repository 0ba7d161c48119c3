import express, { type RequestHandler, Router } from 'express';
import { endpointNameProblem } from '@flownexus/lwm2m-server';
import { type CredentialTable, IdentityTakenError } from '../database/credential-table.ts';
import { limits } from '../limits.ts';
import type { CredentialItem } from './api-types.ts';
import { credentialItem, parseCredential } from './credential-bodies.ts';
import { ApiError } from './errors.ts';

/** `/api/v1/endpoints/{name}/credentials`, also for endpoints that have never registered. */
export function credentialRoutes(credentials: CredentialTable): Router {
  const router = Router();
  const unknown = (name: string): ApiError =>
    new ApiError(404, 'no-credentials', `the endpoint ${JSON.stringify(name)} has no credentials`);

  router
    .route('/:name/credentials')
    .get((request, response) => {
      const credential = credentials.get(request.params.name);
      if (credential === undefined) throw unknown(request.params.name);
      const item: CredentialItem = credentialItem(credential);
      response.json(item);
    })
    .put(express.json({ limit: limits.bodyBytes }), (request, response) => {
      const { name } = request.params;
      const problem = endpointNameProblem(name);
      if (problem !== undefined) throw new ApiError(400, 'bad-request', problem);
      const credential = parseCredential(request.body);
      const item: CredentialItem = credentialItem(credential);
      response.status(setCredential(credentials, name, credential) ? 201 : 200).json(item);
    })
    .delete((request, response) => {
      if (!credentials.delete(request.params.name)) throw unknown(request.params.name);
      response.status(204).end();
    })
    .all(otherMethods);
  return router;
}

function setCredential(credentials: CredentialTable, ...change: Parameters<CredentialTable['set']>): boolean {
  try {
    return credentials.set(...change);
  } catch (error) {
    if (!(error instanceof IdentityTakenError)) throw error;
    throw new ApiError(409, 'identity-taken', error.message);
  }
}

const otherMethods: RequestHandler = (request, response) => {
  response.set('Allow', 'GET, HEAD, PUT, DELETE');
  throw new ApiError(405, 'method-not-allowed', `${request.method} is not possible here`);
};
