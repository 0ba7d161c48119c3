import { z } from 'zod';
import { roles } from '../http/principal.ts';
import { type Route, route } from '../http/route.ts';
import { isoTimestamp, listOf, pageLimit } from '../http/schemas.ts';
import { newPasswordSchema, userNameSchema } from './names.ts';
import type { User } from './user-directory.ts';
import type { Users } from './users.ts';

const TAG = 'Users';

const userSchema = z
  .object({
    name: z.string(),
    role: z.enum(roles).meta({ description: 'viewer: looks; operator: acts on devices and data, too; admin: all' }),
    disabled: z.boolean().meta({ description: 'Can neither sign in nor use tokens' }),
    secondFactor: z.boolean().meta({ description: 'Whether signing in takes a code' }),
    createdAt: isoTimestamp,
  })
  .meta({ id: 'User' });

const params = z.object({ name: userNameSchema });
const unknown = { 404: { description: 'There is no such user' } };
const lastAdministrator = { 409: { description: 'It is the last administrator' } };

/** The users, for administrators. */
export function userAdministrationRoutes({ directory, sessions }: Users): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/users',
      operationId: 'listUsers',
      summary: 'All users, by name',
      tag: TAG,
      access: 'administer',
      query: z.strictObject({
        cursor: userNameSchema.optional().meta({ description: '`nextCursor` of the page before' }),
        limit: pageLimit,
      }),
      answers: { 200: { description: 'A page', schema: listOf(userSchema, 'UserList') } },
      handle: async ({ query: { cursor, limit } }) => {
        const found = await directory.list(cursor, limit + 1);
        const items = found.slice(0, limit).map(itemOf);
        const nextCursor = found.length > limit ? (items.at(-1)?.name ?? null) : null;
        const rows = items.map((item) => [item.name, item.role, item.disabled, item.secondFactor, item.createdAt]);
        return { body: { items, nextCursor }, csv: { columns: ['name', 'role', 'disabled', 'secondFactor', 'createdAt'], rows } }; // prettier-ignore
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/users',
      operationId: 'createUser',
      summary: 'Makes a user',
      tag: TAG,
      access: 'administer',
      body: z.strictObject({ name: userNameSchema, role: z.enum(roles), password: newPasswordSchema }),
      answers: {
        201: { description: 'Made', schema: userSchema },
        409: { description: 'The name is taken, or there are as many users as there may be' },
      },
      handle: async ({ body: { name, role, password } }) => ({
        status: 201,
        body: itemOf(await directory.create(name, role, password)),
        audit: { name, role },
      }),
    }),
    route({
      method: 'get',
      path: '/api/v1/users/{name}',
      operationId: 'getUser',
      summary: 'One user',
      tag: TAG,
      access: 'administer',
      params,
      answers: { 200: { description: 'It', schema: userSchema }, ...unknown },
      handle: async ({ params: { name } }) => ({ body: itemOf(await directory.required(name)) }),
    }),
    route({
      method: 'patch',
      path: '/api/v1/users/{name}',
      operationId: 'changeUser',
      summary: 'Changes the role of a user, disables or enables it',
      description: 'Who is disabled is signed out at once, and its tokens do not hold while it is.',
      tag: TAG,
      access: 'administer',
      params,
      body: z
        .strictObject({ role: z.enum(roles).exactOptional(), disabled: z.boolean().exactOptional() })
        .refine((body) => Object.keys(body).length > 0, 'nothing to change'),
      answers: { 200: { description: 'As it is now', schema: userSchema }, ...unknown, ...lastAdministrator },
      handle: async ({ params: { name }, body }) => ({
        body: itemOf(await directory.change(name, body)),
        audit: { ...body },
      }),
    }),
    route({
      method: 'put',
      path: '/api/v1/users/{name}/password',
      operationId: 'resetPassword',
      summary: 'Sets the password of a user',
      description: 'All its sessions end; its API tokens stay.',
      tag: TAG,
      access: 'administer',
      params,
      body: z.strictObject({ password: newPasswordSchema }),
      answers: { 204: { description: 'Set' }, ...unknown },
      handle: async ({ params: { name }, body }) => {
        await directory.setPassword(name, body.password);
        sessions.forgive(name);
        return { status: 204 };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/users/{name}/totp',
      operationId: 'removeSecondFactor',
      summary: 'Takes the second factor of a user away, who has lost it',
      tag: TAG,
      access: 'administer',
      params,
      answers: { 204: { description: 'The password alone signs in' }, ...unknown },
      handle: async ({ params: { name } }) => {
        await directory.removeSecondFactor(name);
        return { status: 204 };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/users/{name}/sessions',
      operationId: 'endSessionsOfUser',
      summary: 'Signs a user out everywhere',
      tag: TAG,
      access: 'administer',
      params,
      answers: { 204: { description: 'Signed out' }, ...unknown },
      handle: async ({ params: { name } }) => {
        await sessions.endAll((await directory.required(name)).id);
        return { status: 204 };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/users/{name}',
      operationId: 'deleteUser',
      summary: 'Removes a user with its sessions and tokens',
      tag: TAG,
      access: 'administer',
      params,
      answers: { 204: { description: 'Gone' }, ...unknown, ...lastAdministrator },
      handle: async ({ params: { name } }) => {
        await directory.delete(name);
        return { status: 204 };
      },
    }),
  ];
}

function itemOf({ name, role, disabled, secondFactor, createdAt }: User): z.infer<typeof userSchema> {
  return { name, role, disabled, secondFactor, createdAt: createdAt.toISOString() };
}
