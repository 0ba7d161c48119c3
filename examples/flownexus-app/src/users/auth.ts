import { randomBytes } from 'node:crypto';
import { APIError, betterAuth } from 'better-auth';
import { twoFactor, username } from 'better-auth/plugins';
import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { isUserName } from './names.ts';

export interface AuthOptions {
  readonly database: Database;
  /** Signs cookies and encrypts the secrets of second factors: {@link loadAuthSecret}. */
  readonly secret: string;
  /** Where browsers reach us; undefined: without TLS. */
  readonly publicUrl: string | undefined;
  readonly log: Logger;
}

/** Says the address of who makes a request. Only we set it: what clients say of themselves does not get through. */
export const ADDRESS_HEADER = 'x-flownexus-address';

/**
 * The library that keeps users, passwords, sessions and second factors. It has no routes here: ours call it, and pass its cookies on.
 *
 * Its plugin for administrators is not used: it asks for an administrator's session where a token must do, and brings impersonation. The role, and
 * whether a user is disabled, are columns of the user.
 */
export function createAuth({ database, secret, publicUrl, log }: AuthOptions) {
  const auth = betterAuth({
    appName: 'FlowNexus',
    baseURL: publicUrl ?? 'http://localhost',
    secret,
    database: { db: database.db, type: database.kind, transaction: true },
    telemetry: { enabled: false },
    // What was wrong with a request is ours to tell, and is in the audit log.
    logger: { level: 'error', log: (_, message, ...details: unknown[]) => log.error({ details }, message) },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: limits.passwordLength,
      maxPasswordLength: limits.maximumPasswordLength,
    },
    user: {
      modelName: 'User',
      additionalFields: {
        role: { type: 'string', required: true, input: false },
        disabled: { type: 'boolean', required: true, defaultValue: false, input: false },
      },
    },
    session: {
      modelName: 'UserSession',
      expiresIn: limits.sessionSeconds,
      updateAge: limits.sessionRefreshSeconds,
    },
    account: { modelName: 'UserAccount' },
    verification: { modelName: 'UserVerification' },
    advanced: {
      cookiePrefix: 'flownexus',
      useSecureCookies: publicUrl?.startsWith('https:') === true,
      // The page is the same for everybody, and asks for its data from itself: strict is no hindrance to links from elsewhere.
      defaultCookieAttributes: { httpOnly: true, sameSite: 'strict' },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
    },
    databaseHooks: {
      session: {
        create: {
          before: async ({ userId }) => {
            const user = await (await auth.$context).internalAdapter.findUserById(userId);
            if (user === null || ('disabled' in user && user['disabled'] === true)) {
              throw new APIError('FORBIDDEN', { code: 'USER_DISABLED', message: 'the user is disabled' });
            }
          },
        },
      },
    },
    plugins: [
      username({
        minUsernameLength: 1,
        maxUsernameLength: limits.userNameLength,
        usernameValidator: isUserName,
        displayUsername: false,
      }),
      twoFactor({
        issuer: 'FlowNexus',
        schema: { twoFactor: { modelName: 'UserTwoFactor' } },
        accountLockout: {
          enabled: true,
          maxFailedAttempts: limits.failuresPerName,
          durationSeconds: limits.failureWindowMs / 1000,
        },
      }),
    ],
  });
  return auth;
}

export type Auth = ReturnType<typeof createAuth>;

/** The secret of this database; the first start makes it at random. */
export async function loadAuthSecret({ db }: Database): Promise<string> {
  await db
    .insertInto('Setting')
    .values({ name: 'authSecret', value: JSON.stringify(randomBytes(32).toString('base64')), updated_at: Date.now() })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const { value } = await db
    .selectFrom('Setting')
    .select('value')
    .where('name', '=', 'authSecret')
    .executeTakeFirstOrThrow();
  return JSON.parse(value) as string;
}
