import express from 'express';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { answerErrors, unknownRoute } from '../../src/http/errors.ts';
import { startHttpServer } from '../../src/http/http-server.ts';
import { type AuditedCall, mountRoutes, type RouteGuards } from '../../src/http/mount-routes.ts';
import { type Permission, permissions, type Principal } from '../../src/http/principal.ts';
import type { Route } from '../../src/http/route.ts';
import { type Answer, send } from './test-http.ts';

/**
 * Serves routes on a free port, with a guard that believes the header `x-permissions` (`read,operate`; `none` for nobody at all). The default of
 * `call` is everything.
 */
export async function testRoutes(routes: readonly Route[]) {
  const { guards, audited } = testGuards();
  const app = express();
  app.use(mountRoutes(routes, guards));
  app.use(unknownRoute);
  app.use(answerErrors(pino({ level: 'silent' })));
  const server = await startHttpServer(app, '127.0.0.1', 0);
  onTestFinished(() => server.stop());
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    send(
      server.url,
      method,
      path,
      { 'x-permissions': permissions.join(','), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, // prettier-ignore
      body === undefined ? '' : JSON.stringify(body),
    );
  return { url: server.url, audited, call };
}

/** A guard that believes the header `x-permissions`, and what it was asked to keep. */
export function testGuards() {
  const audited: AuditedCall[] = [];
  const guards: RouteGuards = {
    authenticate: (request) => Promise.resolve(principal(request.get('x-permissions'))),
    audit: (entry) => {
      audited.push(entry);
      return Promise.resolve();
    },
  };
  return { guards, audited };
}

function principal(header = permissions.join(',')): Principal | undefined {
  if (header === 'none') return undefined;
  return {
    userId: 'user-1',
    actor: 'anna',
    permissions: new Set(header.split(',') as Permission[]),
    via: 'token',
  };
}
