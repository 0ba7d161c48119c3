import type { MaybePromise } from '@flownexus/lwm2m-server';
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { limits } from '../limits.ts';
import { invalidRequest, knownError, LeshanError, NotAdmittedError } from './leshan-error.ts';
import { queryOf } from './query.ts';
import type { LeshanAction, LeshanCommonOptions, LeshanPermission } from './options.ts';

/** Answers a call. What it gives is the outcome for the audit; nothing: done. */
export type Handler = (request: Request, response: Response) => MaybePromise<string | undefined>;

/** One method of an address. */
export interface Route {
  readonly permission: LeshanPermission | ((request: Request) => LeshanPermission);
  /** Audited as this. */
  readonly action?: LeshanAction | ((request: Request) => LeshanAction);
  /** Whether the handler reads the body: see {@link textOf} and {@link jsonOf}. */
  readonly hasBody?: boolean;
  readonly handler: Handler;
}

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';
export type Methods = Readonly<Partial<Record<Method, Route>>>;

const readText = express.text({ type: () => true, limit: limits.leshanBodyBytes });

/** Adds what an address offers; other methods are answered 405. */
export function addRoute(
  router: Router,
  path: string,
  options: Pick<LeshanCommonOptions, 'admit' | 'audit'>,
  methods: Methods,
): void {
  const route = router.route(path);
  const allowed: string[] = [];
  for (const [method, details] of Object.entries(methods)) {
    allowed.push(method === 'GET' ? 'GET, HEAD' : method);
    const { permission, hasBody = false } = details;
    const admit: RequestHandler = async (request, response, next) => {
      await admitting(request, typeof permission === 'string' ? permission : permission(request), options);
      response.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
      next();
    };
    const handle: RequestHandler = (request, response) => run(details, request, response, options);
    const handlers = hasBody ? [admit, readText, handle] : [admit, handle];
    route[method.toLowerCase() as Lowercase<Method>](...handlers);
  }
  // Who may not even look does not learn what there is.
  route.all(async (request, response) => {
    await admitting(request, 'read', options);
    response.set('Allow', allowed.join(', '));
    throw new LeshanError(405, `${request.method} is not possible here`);
  });
}

async function admitting(
  request: Request,
  permission: LeshanPermission,
  { admit }: Pick<LeshanCommonOptions, 'admit'>,
): Promise<void> {
  try {
    await admit?.(request, permission);
  } catch (error) {
    throw new NotAdmittedError(error);
  }
}

/** Asks the host again whether it admits a call that is being answered. Never rejects. */
export function admittedStill(
  request: Request,
  permission: LeshanPermission,
  { admit, log }: Pick<LeshanCommonOptions, 'admit' | 'log'>,
): () => Promise<boolean> {
  return async () => {
    try {
      await admit?.(request, permission);
      return true;
    } catch (error) {
      log.info({ err: error, url: request.originalUrl }, 'an event stream has ended: it is not admitted any more');
      return false;
    }
  };
}

async function run(
  { action, handler }: Route,
  request: Request,
  response: Response,
  { audit }: Pick<LeshanCommonOptions, 'audit'>,
): Promise<void> {
  if (action === undefined || audit === undefined) {
    await handler(request, response);
    return;
  }
  const path = optionalPathOf(request);
  const told = {
    request,
    action: typeof action === 'string' ? action : action(request),
    endpointName: endpointOf(request),
    ...(path === undefined ? {} : { path }),
  };
  let outcome: string | undefined;
  try {
    outcome = await handler(request, response);
  } catch (error) {
    audit({ ...told, outcome: knownError(error)?.message ?? 'the server failed' });
    throw error;
  }
  audit({ ...told, outcome: outcome ?? 'done' });
}

function optionalPathOf(request: Request): string | undefined {
  if (request.params['path'] !== undefined) return pathOf(request);
  return queryOf(request).get('paths') ?? undefined;
}

/**
 * The endpoint name in the address of a call; several segments when they were not escaped.
 *
 * @throws LeshanError for one with U+0000, which no endpoint has and no PostgreSQL can be asked for
 */
export function endpointOf({ params }: Request): string {
  const name = joined(params['ep']);
  if (name.includes('\0')) throw invalidRequest('an endpoint name has no U+0000');
  return name;
}

/** The path of the data model in the address of a call, such as `/3/0/9`. */
export function pathOf({ params }: Request): string {
  return `/${joined(params['path'])}`;
}

function joined(segments: string | readonly string[] = ''): string {
  return typeof segments === 'string' ? segments : segments.join('/');
}

/** The body of a call as text; empty without one. */
export function textOf({ body }: { readonly body?: unknown }): string {
  return typeof body === 'string' ? body : '';
}

/**
 * The body of a call as JSON.
 *
 * @throws LeshanError when it is none
 */
export function jsonOf(request: { readonly body?: unknown }): unknown {
  try {
    return JSON.parse(textOf(request));
  } catch {
    // Its message would quote the body.
    throw invalidRequest('the body is not JSON');
  }
}
