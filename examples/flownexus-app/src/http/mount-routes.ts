import express, { type ErrorRequestHandler, type Request, type RequestHandler, Router } from 'express';
import type { z } from 'zod';
import { limits } from '../limits.ts';
import type { ProblemIssue } from './api-types.ts';
import { binaryBody } from './binary-body.ts';
import { formatCsv } from './csv.ts';
import { ApiError, unknownRoute } from './errors.ts';
import type { Access, Permission, Principal } from './principal.ts';
import { ANSWERED, type Call, type Reply, type Route } from './route.ts';
import { isSameOrigin } from './same-origin.ts';

/** What the router needs of those who know users. */
export interface RouteGuards {
  /** Who makes a request; undefined when it has neither a session nor a token. Rejects with an {@link ApiError} for a token that is none. */
  authenticate(request: Request): Promise<Principal | undefined>;
  /** Keeps what was changed. Called before the answer to everything but GET that has succeeded. */
  audit(entry: AuditedCall): Promise<void>;
}

export interface AuditedCall {
  readonly actor: string;
  readonly address: string | undefined;
  /** The operationId of the route. */
  readonly action: string;
  readonly params: unknown;
  readonly detail: Readonly<Record<string, unknown>> | undefined;
}

/** A router with all routes. What a path takes no method for is answered 405. */
export function mountRoutes(routes: readonly Route[], guards: RouteGuards): Router {
  const router = Router({ caseSensitive: true });
  const byPath = Map.groupBy(routes, ({ path }) => path);
  for (const [path, group] of byPath) {
    const at = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const route of group) {
      const handlers = [admit(route, guards), ...(route.body === undefined ? [] : readBody(route)), ...(route.binaryBody === true ? [binaryBody] : []), perform(route, guards)]; // prettier-ignore
      at[route.method](...handlers);
    }
    const allow = group.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
    at.all(refuseOthers(allow.join(', '), guards));
  }
  return router;
}

const principals = new WeakMap<Request, Principal>();

/** For what is no route: who makes a request, if they may do it. Rejects with an {@link ApiError} of 401 or 403. */
export function admitRequest(request: Request, access: Permission, guards: RouteGuards): Promise<Principal> {
  const isRead = access === 'read' && (request.method === 'GET' || request.method === 'HEAD');
  return authorize(request, access, !isRead, guards);
}

/** First of all: who may not do it learns nothing about what is right or wrong in the request. */
function admit({ access, method }: Route, guards: RouteGuards): RequestHandler {
  return async (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    const changes = method !== 'get';
    if (access !== 'public') principals.set(request, await authorize(request, access, changes, guards));
    // Whoever is signed in by a page of another site, is signed in as somebody else.
    else if (changes && !isSameOrigin(request)) throw crossSite();
    next();
  };
}

async function authorize(request: Request, access: Access, changes: boolean, guards: RouteGuards): Promise<Principal> {
  const principal = await guards.authenticate(request);
  if (principal === undefined) {
    askForToken(request, 'Bearer');
    throw new ApiError(401, 'unauthorized', 'sign in, or send a token: Authorization: Bearer <token>');
  }
  if (changes && principal.via === 'session' && !isSameOrigin(request)) {
    throw crossSite();
  }
  if (access !== 'signedIn' && access !== 'public' && !principal.permissions.has(access)) {
    throw new ApiError(403, 'forbidden', `this needs the permission ${access}`);
  }
  return principal;
}

/** Says that a token is wanted (RFC 6750 §3), unless the answer is a stream that is open already. */
export function askForToken({ res: response }: Request, challenge: string): void {
  if (response?.headersSent === false) response.set('WWW-Authenticate', challenge);
}

function crossSite(): ApiError {
  return new ApiError(403, 'cross-site', 'a page of another site can not act in your name');
}

function readBody({ bodyLimit = limits.bodyBytes }: Route): RequestHandler[] {
  return [express.json({ limit: bodyLimit, strict: false }), refuseTooDeep];
}

/** What is nested deeper than any schema has it could still be read, but not be written again: that goes down by calls. */
const refuseTooDeep: RequestHandler = (request, _, next) => {
  let level = [request.body as unknown].filter(isObject);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limits.bodyDepth) {
      throw new ApiError(400, 'bad-body', `the body is nested deeper than ${String(limits.bodyDepth)} levels`);
    }
    level = level.flatMap((json) => Object.values(json).filter(isObject));
  }
  next();
};

function isObject(json: unknown): json is object {
  return typeof json === 'object' && json !== null;
}

function perform(route: Route, guards: RouteGuards): RequestHandler {
  const { method, operationId, audited = method !== 'get' } = route;
  return async (request, response) => {
    const call: Call<unknown, unknown, unknown> = {
      params: parse('path', route.params, request.params),
      query: parse('query', route.query, request.query),
      body: route.body === undefined ? undefined : parse('body', route.body, request.body as unknown),
      principal: principals.get(request),
      request,
      response,
    };
    const reply = await route.handle(call);
    if (reply === ANSWERED) return;
    if (audited) {
      await guards.audit({
        actor: reply.actor ?? call.principal?.actor ?? 'anonymous',
        address: request.ip,
        action: operationId,
        params: call.params,
        detail: reply.audit,
      });
    }
    await answer(request, reply);
  };
}

async function answer(request: Request, { status = 200, headers = {}, body, csv, lines, write }: Reply): Promise<void> {
  const response = request.res;
  if (response === undefined) throw new Error('a request without a response');
  response.status(status).set(headers);
  const types = ['json', ...(csv === undefined ? [] : ['csv']), ...(lines === undefined ? [] : ['text'])];
  const type = types.length === 1 ? 'json' : request.accepts(types);
  if (write !== undefined) await write(response);
  else if (csv !== undefined && type === 'csv') response.type('text/csv').send(formatCsv(csv));
  else if (lines !== undefined && type === 'text') {
    response.type('text/plain').send([...lines].map((line) => `${line}\n`).join(''));
  } else if (body === undefined) response.end();
  else response.json(body);
}

/** Those who are not signed in do not learn what there is. */
function refuseOthers(allow: string, guards: RouteGuards): RequestHandler {
  return async (request, response) => {
    await authorize(request, 'signedIn', false, guards);
    response.set('Allow', allow);
    throw new ApiError(405, 'method-not-allowed', `${request.method} is not possible here`);
  };
}

/** The last handler of an API: nothing is there, which those who are not signed in do not learn. */
export function unknownToGuests(guards: RouteGuards): RequestHandler {
  return async (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    await authorize(request, 'signedIn', false, guards);
    await unknownRoute(request, response, next);
  };
}

/** Addresses that can not be decoded are refused, to those who are signed in: others are asked to sign in as everywhere. */
export function malformedToGuests(guards: RouteGuards): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    if (error instanceof URIError) {
      response.set('Cache-Control', 'no-store');
      await authorize(request, 'signedIn', false, guards);
    }
    next(error);
  };
}

const codes = { path: 'bad-request', query: 'bad-query', body: 'bad-body' } as const;

/** Where a route has no schema there must be nothing. */
function parse(where: keyof typeof codes, schema: z.ZodType | undefined, input: unknown): unknown {
  if (schema === undefined) {
    const first = Object.keys(input ?? {})[0];
    if (first === undefined) return undefined;
    throw new ApiError(400, codes[where], shortened(`the ${where} has no parameter ${JSON.stringify(first)}`), [
      { path: shortened(`${where}.${first}`), message: 'unknown' },
    ]);
  }
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, limits.problemIssues).map((issue): ProblemIssue => ({
    path: shortened([where, ...issue.path].map(String).join('.')),
    message: shortened(issue.message),
  }));
  const [first] = issues;
  throw new ApiError(400, codes[where], first === undefined ? 'invalid' : `${first.path}: ${first.message}`, issues); // prettier-ignore
}

/** What is wrong may be told with names that the request has made up, of any length and number. */
function shortened(text: string): string {
  return text.length <= limits.problemTextLength ? text : `${text.slice(0, limits.problemTextLength).toWellFormed()}…`;
}
