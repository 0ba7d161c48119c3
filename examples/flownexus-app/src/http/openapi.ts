import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponseObject } from 'zod-openapi';
import { z } from 'zod';
import { problemSchema } from './problem.ts';
import { type Answer, type Route, route } from './route.ts';

const ERRORS: Readonly<Record<number, string>> = {
  400: 'The request is wrong: `errors` says where',
  401: 'Neither a session nor a token that is valid',
  403: 'The user or token may not do this',
};

export interface ApiInfo {
  readonly version: string;
  readonly publicUrl?: string;
}

/** The route that gives the document of all others. */
export function openApiRoute(routes: readonly Route[], info: ApiInfo): Route {
  // Made when somebody asks: it takes a moment.
  let document: object | undefined;
  const self: Route = route({
    method: 'get',
    path: '/api/v1/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This document',
    tag: 'Documentation',
    // It says what there is in any installation, and nothing of this one.
    access: 'public',
    answers: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
    handle: () => ({ body: (document ??= openApiDocument([...routes, self], info)) }),
  });
  return self;
}

/** The OpenAPI document of the routes, made of the schemas that validate. */
export function openApiDocument(routes: readonly Route[], info: ApiInfo): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  const document = createDocument({
    openapi: '3.1.0',
    info: { title: 'FlowNexus', version: info.version, description: 'LwM2M devices: what they measure, and what they are asked to do.' }, // prettier-ignore
    ...(info.publicUrl === undefined ? {} : { servers: [{ url: info.publicUrl }] }),
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token' },
        session: { type: 'apiKey', in: 'cookie', name: 'flownexus.session_token', description: 'Set by signing in' },
      },
    },
  });
  return withoutReadOnly(document) as object;
}

/** What is `readonly` in TypeScript is no property that only answers have, which is what `readOnly` says in OpenAPI. */
function withoutReadOnly(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutReadOnly);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name, each]) => name !== 'readOnly' || each !== true);
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutReadOnly(each)]));
}

function operation(route: Route): ZodOpenApiOperationObject {
  const { operationId, summary, description, tag, access, params, query, body, binaryBody = false } = route;
  const parameters = { ...(params === undefined ? {} : { path: params as z.ZodObject }), ...(query === undefined ? {} : { query: query as z.ZodObject }) }; // prettier-ignore
  const answers: Record<string, ZodOpenApiResponseObject> = {};
  for (const [status, each] of Object.entries(route.answers)) answers[status] = answer(each);
  for (const [status, text] of Object.entries(ERRORS)) {
    if (access === 'public' && (status === '401' || status === '403')) continue;
    answers[status] ??= problem(text);
  }
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: access === 'public' ? [] : [{ token: [] }, { session: [] }],
    // What the routes of the document ask for: tests go through all of them by it.
    'x-access': access,
    ...(Object.keys(parameters).length === 0 ? {} : { requestParams: parameters }),
    ...(binaryBody ? { requestBody: { required: true, content: { 'application/octet-stream': {} } } } : {}),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: answers,
  };
}

function answer({ description, schema, contentType = 'application/json' }: Answer): ZodOpenApiResponseObject {
  if (schema === undefined && contentType === 'application/json') return { description };
  return { description, content: { [contentType]: schema === undefined ? {} : { schema } } };
}

function problem(description: string): ZodOpenApiResponseObject {
  return { description, content: { 'application/problem+json': { schema: problemSchema } } };
}
