import { timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { ApiError } from '../http/errors.ts';
import { askForToken, type AuditedCall, type RouteGuards } from '../http/mount-routes.ts';
import { permissions, permissionsOfRole, type Principal, roles } from '../http/principal.ts';
import { type ApiTokens, digest } from './api-tokens.ts';
import type { AuditLog } from './audit-log.ts';
import type { PrincipalCache, Remembered } from './principal-cache.ts';
import type { Sessions } from './sessions.ts';
import { setCookies } from './set-cookies.ts';
import type { UserDirectory } from './user-directory.ts';

export interface GuardsOptions {
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly directory: UserDirectory;
  readonly auditLog: AuditLog;
  readonly cache: PrincipalCache;
  /** Of the environment: it may do everything. */
  readonly apiToken: string | undefined;
}

/** Knows who makes a request by its token, else by the cookie of its session, and keeps what was changed. */
export function guards(options: GuardsOptions): RouteGuards {
  const { sessions, tokens, directory, auditLog, cache, apiToken } = options;
  const expected = apiToken === undefined ? undefined : Buffer.from(digest(apiToken));

  const byToken = async (request: Request, secret: string): Promise<Principal> => {
    if (expected !== undefined && timingSafeEqual(Buffer.from(digest(secret)), expected)) return environment;
    const principal = await cache.get(`token ${digest(secret)}`, async () => {
      const token = await tokens.use(secret);
      if (token === undefined) return undefined;
      const user = await directory.byId(token.userId);
      if (user === undefined || user.disabled) return undefined;
      const allowed = permissionsOfRole[user.role];
      return {
        principal: {
          userId: user.id,
          actor: `${user.name} (token ${JSON.stringify(token.name)})`,
          permissions: new Set(token.scopes.filter((scope) => allowed.includes(scope))),
          via: 'token',
        },
        expiresAt: token.expiresAt ?? undefined,
      };
    });
    if (principal !== undefined) return principal;
    askForToken(request, 'Bearer error="invalid_token"');
    throw new ApiError(401, 'unauthorized', 'the token is none, or does not hold any more');
  };

  const bySession = (request: Request, cookie: string): Promise<Principal | undefined> => {
    // A stream that is open already can not bring the browser a cookie: what prolonged the session there would keep the next answer from it.
    const prolong = request.res?.headersSent !== true;
    return cache.get(
      `${prolong ? 'session' : 'stream'} ${digest(cookie)}`,
      async (): Promise<Remembered | undefined> => {
        const current = await sessions.current(request, { prolong });
        if (current === undefined || current.user.disabled) return undefined;
        if (prolong && request.res !== undefined) setCookies(request.res, current.cookies);
        const role = roles.find((known) => known === current.user.role);
        return {
          principal: {
            userId: current.user.id,
            actor: current.user.name,
            permissions: new Set(role === undefined ? [] : permissionsOfRole[role]),
            via: 'session',
            sessionId: current.session.id,
          },
          expiresAt: current.session.expiresAt.getTime(),
        };
      },
    );
  };

  return {
    authenticate: async (request) => {
      const secret = /^Bearer +(.+)$/i.exec(request.get('authorization') ?? '')?.[1];
      if (secret !== undefined) return byToken(request, secret);
      const cookie = request.get('cookie');
      return cookie?.includes('flownexus.session_token=') === true ? bySession(request, cookie) : undefined;
    },
    audit: ({ actor, address, action, params, detail }: AuditedCall) =>
      auditLog.write({ actor, address, action, target: targetOf(params), detail }),
  };
}

const environment: Principal = {
  userId: undefined,
  actor: 'environment token',
  permissions: new Set(permissions),
  via: 'token',
};

/** The parameters of the path say what was acted upon. */
function targetOf(params: unknown): string | undefined {
  const values = Object.values((params ?? {}) as Record<string, unknown>).map(String);
  return values.length === 0 ? undefined : values.join(' ');
}
