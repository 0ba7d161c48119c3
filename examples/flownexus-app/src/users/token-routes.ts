import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { permissions } from '../http/principal.ts';
import { type Route, route } from '../http/route.ts';
import { isoTimestamp, listOf, storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { sessionOnly } from './account.ts';
import type { ApiToken } from './api-tokens.ts';
import type { Users } from './users.ts';

const TAG = 'API tokens';

const scopes = z.array(z.enum(permissions)).min(1).max(permissions.length);

const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(permissions)).readonly().meta({ description: 'What it may do, as far as its user may' }),
    createdAt: isoTimestamp,
    expiresAt: isoTimestamp.nullable(),
    lastUsedAt: isoTimestamp.nullable().meta({ description: 'To the minute' }),
  })
  .meta({ id: 'ApiToken' });

/** The API tokens of who is signed in. */
export function tokenRoutes({ tokens }: Users): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/tokens',
      operationId: 'listTokens',
      summary: 'The API tokens of the user',
      tag: TAG,
      access: 'signedIn',
      answers: { 200: { description: 'The newest first', schema: listOf(tokenSchema, 'ApiTokenList') } },
      handle: async ({ principal }) => {
        const items = (await tokens.list(sessionOnly(principal).userId)).map(itemOf);
        return { body: { items, nextCursor: null } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/tokens',
      operationId: 'createToken',
      summary: 'Makes an API token',
      description:
        'The token is in this answer alone. It may do what its scopes say, as far as its user may at the time.',
      tag: TAG,
      access: 'signedIn',
      body: z.strictObject({
        name: storableText.min(1).max(limits.tokenNameLength).meta({ description: 'What it is for' }),
        scopes: scopes.meta({ description: 'What it may do' }),
        expiresAt: z.iso
          .datetime({ offset: true })
          .transform((text) => Date.parse(text))
          .refine((at) => at > Date.now(), 'expected a time to come')
          .optional()
          .meta({ description: 'Absent: it does not expire', override: { type: 'string', format: 'date-time' } }),
      }),
      answers: {
        201: {
          description: 'Made',
          schema: tokenSchema
            .extend({ token: z.string().meta({ description: 'For `Authorization: Bearer`' }) })
            .meta({ id: 'NewApiToken' }),
        },
        409: { description: 'The user has as many as there may be' },
      },
      handle: async ({ principal, body }) => {
        const { userId } = sessionOnly(principal);
        const missing = body.scopes.find((scope) => principal?.permissions.has(scope) !== true);
        if (missing !== undefined) throw new ApiError(403, 'forbidden', `you do not have the permission ${missing}`);
        const { token, secret } = await tokens.create({
          name: body.name,
          userId,
          scopes: [...new Set(body.scopes)],
          expiresAt: body.expiresAt ?? null,
        });
        const item = itemOf(token);
        return { status: 201, body: { ...item, token: secret }, audit: { ...item } };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/tokens/{id}',
      operationId: 'deleteToken',
      summary: 'Takes an API token away; an administrator any',
      tag: TAG,
      access: 'signedIn',
      params: z.object({
        id: z
          .string()
          .max(100)
          .refine((id) => !id.includes('\0'), 'expected an id'),
      }),
      answers: { 204: { description: 'It does not hold any more' }, 404: { description: 'There is no such token' } },
      handle: async ({ principal, params }) => {
        const { userId } = sessionOnly(principal);
        const any = principal?.permissions.has('administer') === true;
        if (!(await tokens.delete(params.id, any ? undefined : userId))) {
          throw new ApiError(404, 'not-found', 'there is no such token');
        }
        return { status: 204 };
      },
    }),
  ];
}

/** A token as the API tells it. */
function itemOf(token: ApiToken): z.infer<typeof tokenSchema> {
  const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  return {
    id: token.id,
    name: token.name,
    scopes: token.scopes,
    createdAt: new Date(token.createdAt).toISOString(),
    expiresAt: time(token.expiresAt),
    lastUsedAt: time(token.lastUsedAt),
  };
}
