import type { Response } from 'express';
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { permissionsOfRole } from '../http/principal.ts';
import { type Route, route } from '../http/route.ts';
import { listOf } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { sessionOnly, wrongBody } from './account.ts';
import { givenPasswordSchema, newPasswordSchema } from './names.ts';
import { TooManyAttempts, WrongCredentials } from './password-attempts.ts';
import { type SessionInfo, sessionInfoSchema, type SessionItem, sessionItemSchema } from './session-schemas.ts';
import { setCookies } from './set-cookies.ts';
import type { Users } from './users.ts';

const TAG = 'Signing in';

const code = z.string().min(1).max(32);

/** Signing in and out, the sessions of who is signed in, the own password and second factor. */
export function sessionRoutes(users: Users): Route[] {
  const { sessions, directory, auditLog } = users;

  const whoIs = async (name: string): Promise<SessionInfo> => {
    const { role, secondFactor } = await directory.required(name);
    return { user: name, role, permissions: permissionsOfRole[role], via: 'session', secondFactor };
  };

  return [
    route({
      method: 'post',
      path: '/api/v1/session',
      operationId: 'signIn',
      summary: 'Signs in',
      description:
        'Sets the cookie `flownexus.session_token` (over TLS `__Secure-flownexus.session_token`). Programs need no session: they send a token.',
      tag: TAG,
      access: 'public',
      body: z.strictObject({
        name: z.string().max(limits.userNameLength).toLowerCase(),
        password: givenPasswordSchema,
        code: code.optional().meta({ description: 'Of the second factor, or a backup code' }),
      }),
      answers: {
        200: { description: 'Signed in', schema: sessionInfoSchema },
        401: { description: '`wrong-credentials`, or `code-needed`: the same again with a code' },
        429: { description: 'Too many attempts; `Retry-After` says when to try again' },
      },
      handle: async ({ body: { name, password, code }, request, response }) => {
        try {
          setCookies(response, (await sessions.signIn({ name, password, code }, request)).cookies);
        } catch (error) {
          const refusal = refusalOf(error, response);
          if (!(error instanceof TooManyAttempts)) {
            await auditLog.write({
              actor: name === '' ? 'anonymous' : name,
              address: request.ip,
              action: 'signIn.refused',
              detail: { reason: refusal.code },
            });
          }
          throw refusal;
        }
        return { body: await whoIs(name), actor: name };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/session',
      operationId: 'getSession',
      summary: 'Who the request is made by, and what it may do',
      tag: TAG,
      access: 'signedIn',
      answers: { 200: { description: 'Who', schema: sessionInfoSchema } },
      handle: async ({ principal }) => {
        const user = principal?.userId === undefined ? undefined : await directory.byId(principal.userId);
        const body: SessionInfo = {
          user: user?.name ?? null,
          role: user?.role ?? null,
          permissions: [...(principal?.permissions ?? [])],
          via: principal?.via ?? 'token',
          secondFactor: user?.secondFactor ?? false,
        };
        return { body };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/session',
      operationId: 'signOut',
      summary: 'Signs out',
      tag: TAG,
      access: 'signedIn',
      answers: { 204: { description: 'Signed out' } },
      handle: async ({ principal, request, response }) => {
        sessionOnly(principal);
        setCookies(response, (await sessions.signOut(request)).cookies);
        return { status: 204 };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/sessions',
      operationId: 'listSessions',
      summary: 'Where the user is signed in',
      tag: TAG,
      access: 'signedIn',
      answers: { 200: { description: 'The newest first', schema: listOf(sessionItemSchema, 'SessionList') } },
      handle: async ({ principal }) => {
        const { userId, sessionId } = sessionOnly(principal);
        const items = (await sessions.list(userId)).map((session): SessionItem => ({
          id: session.id,
          current: session.id === sessionId,
          createdAt: session.createdAt.toISOString(),
          expiresAt: session.expiresAt.toISOString(),
          address: session.address,
          userAgent: session.userAgent,
        }));
        return { body: { items, nextCursor: null } };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/sessions/{id}',
      operationId: 'endSession',
      summary: 'Ends a session of the user',
      tag: TAG,
      access: 'signedIn',
      params: z.object({ id: z.string().max(100) }),
      answers: { 204: { description: 'Ended' }, 404: { description: 'The user has no such session' } },
      handle: async ({ principal, params }) => {
        const { userId } = sessionOnly(principal);
        if (!(await sessions.end(userId, params.id))) throw new ApiError(404, 'not-found', 'there is no such session');
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/password',
      operationId: 'changePassword',
      summary: 'Changes the own password',
      description: 'All other sessions of the user end; its API tokens stay.',
      tag: TAG,
      access: 'signedIn',
      body: z.strictObject({ current: givenPasswordSchema, password: newPasswordSchema }),
      answers: {
        204: { description: 'Changed' },
        429: { description: 'Too many attempts; `Retry-After` says when to try again' },
      },
      handle: async ({ principal, body, request, response }) => {
        const { name } = sessionOnly(principal);
        const work = sessions.changePassword(name, body, request);
        setCookies(response, (await wrongBody(work, 'current', response)).cookies);
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/totp',
      operationId: 'beginSecondFactor',
      summary: 'Begins to set up codes as a second factor',
      description: 'They count from `POST /api/v1/totp/verify` on. Each backup code stands in once for a code.',
      tag: TAG,
      access: 'signedIn',
      body: z.strictObject({ password: givenPasswordSchema }),
      answers: {
        200: {
          description: 'What an authenticator has to know',
          schema: z
            .object({
              uri: z.string().meta({ description: '`otpauth://totp/…`, for an authenticator or a QR code' }),
              backupCodes: z.array(z.string()).readonly(),
            })
            .meta({ id: 'SecondFactor' }),
        },
        409: { description: 'The user has a second factor already' },
        429: { description: 'Too many attempts; `Retry-After` says when to try again' },
      },
      handle: async ({ principal, body, request, response }) => {
        const { name } = sessionOnly(principal);
        if ((await directory.required(name)).secondFactor) {
          throw new ApiError(409, 'conflict', 'there is a second factor already');
        }
        const work = sessions.beginSecondFactor(name, body.password, request);
        return { body: await wrongBody(work, 'password', response) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/totp/verify',
      operationId: 'confirmSecondFactor',
      summary: 'Makes the second factor count, by a first code',
      tag: TAG,
      access: 'signedIn',
      body: z.strictObject({ code }),
      answers: {
        204: { description: 'From now on signing in takes a code' },
        429: { description: 'Too many attempts; `Retry-After` says when to try again' },
      },
      handle: async ({ principal, body, request, response }) => {
        const { name } = sessionOnly(principal);
        const work = sessions.confirmSecondFactor(name, body.code, request);
        setCookies(response, (await wrongBody(work, 'code', response)).cookies);
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/totp/disable',
      operationId: 'endSecondFactor',
      summary: 'Takes the second factor away',
      tag: TAG,
      access: 'signedIn',
      body: z.strictObject({ password: givenPasswordSchema }),
      answers: {
        204: { description: 'The password alone signs in again' },
        429: { description: 'Too many attempts; `Retry-After` says when to try again' },
      },
      handle: async ({ principal, body, request, response }) => {
        const { name } = sessionOnly(principal);
        const work = sessions.endSecondFactor(name, body.password, request);
        setCookies(response, (await wrongBody(work, 'password', response)).cookies);
        return { status: 204 };
      },
    }),
  ];
}

/** What is told of an attempt that failed; throws what is no fault of who tried. */
function refusalOf(error: unknown, response: Response): ApiError {
  if (error instanceof TooManyAttempts) response.set('Retry-After', String(error.retryAfterSeconds));
  if (error instanceof WrongCredentials) {
    return new ApiError(401, 'wrong-credentials', 'the name, the password or the code is wrong');
  }
  if (error instanceof ApiError) return error;
  throw error;
}
