import { isAPIError } from 'better-auth/api';
import type { Request } from 'express';
import { limits } from '../limits.ts';
import { ApiError } from '../http/errors.ts';
import { ADDRESS_HEADER, type Auth } from './auth.ts';
import { type Attempt, type PasswordAttempts, WrongCredentials } from './password-attempts.ts';
import type { UsedCodes } from './used-codes.ts';
import { refuseWeak } from './user-directory.ts';

export interface Credentials {
  readonly name: string;
  readonly password: string;
  /** Of the second factor: six digits, or a backup code. */
  readonly code: string | undefined;
}

/** Where a user is signed in. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** The session of a request, with what is known of its user. */
export interface CurrentSession {
  readonly session: Session;
  readonly user: {
    readonly id: string;
    readonly name: string;
    readonly role: string;
    readonly disabled: boolean;
    readonly secondFactor: boolean;
  };
  /** `Set-Cookie` headers that prolong it. */
  readonly cookies: readonly string[];
}

interface SessionRecord {
  readonly id: string;
  readonly token: string;
  readonly userId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly ipAddress?: string | null | undefined;
  readonly userAgent?: string | null | undefined;
}

export interface SessionsOptions {
  readonly auth: Auth;
  readonly attempts: PasswordAttempts;
  readonly usedCodes: UsedCodes;
  /** Called after each change that ends sessions. */
  readonly onChange: () => void;
}

/** Signing in and out, and what users change of themselves. What gives cookies gives them as `Set-Cookie` headers for the answer. */
export class Sessions {
  readonly #auth: Auth;
  readonly #attempts: PasswordAttempts;
  readonly #usedCodes: UsedCodes;
  readonly #onChange: () => void;

  constructor({ auth, attempts, usedCodes, onChange }: SessionsOptions) {
    this.#auth = auth;
    this.#attempts = attempts;
    this.#usedCodes = usedCodes;
    this.#onChange = onChange;
  }

  /**
   * Makes a session. Whatever is wrong, and whether there is such a user, the answer and its time are the same.
   *
   * Rejects with {@link WrongCredentials}, with an {@link ApiError} `code-needed` when the password is right and a code is missing, or with TooManyAttempts.
   */
  async signIn({ name, password, code }: Credentials, request: Request): Promise<{ cookies: string[] }> {
    const headers = headersOf(request);
    headers.delete('cookie');
    return this.#attempts.run(attemptOf(name, request), async () => {
      const { headers: given, response } = await refusedAsWrong(
        this.#auth.api.signInUsername({ body: { username: name, password }, headers, returnHeaders: true }),
      );
      if (!('twoFactorRedirect' in response)) {
        await this.#bound(response.user.id);
        return { cookies: given.getSetCookie() };
      }
      if (code === undefined) throw new ApiError(401, 'code-needed', 'a code of the second factor is needed');
      // What the library would have the browser send along with the code.
      headers.set('cookie', cookiesFor(given));
      return this.#secondStep(name, code, headers);
    });
  }

  /** Ends the session of the request. */
  async signOut(request: Request): Promise<{ cookies: string[] }> {
    const { headers } = await this.#auth.api.signOut({ headers: headersOf(request), returnHeaders: true });
    this.#onChange();
    return { cookies: headers.getSetCookie() };
  }

  /**
   * The session that the request is made in; undefined: in none. Rejects when the database can not be asked. `prolong`: whether this is a use of it, for which
   * the answer can still take cookies.
   */
  async current(request: Request, { prolong }: { readonly prolong: boolean }): Promise<CurrentSession | undefined> {
    const { headers, response } = await this.#auth.api
      .getSession({ headers: headersOf(request), query: { disableRefresh: !prolong }, returnHeaders: true })
      .catch(rethrowCause);
    if (response === null) return undefined;
    const { session, user } = response;
    return {
      session: sessionOf(session),
      user: {
        id: user.id,
        name: user.username ?? user.name,
        role: user.role,
        disabled: user.disabled,
        secondFactor: user.twoFactorEnabled === true,
      },
      cookies: headers.getSetCookie(),
    };
  }

  /** Sets the password of who is signed in, and ends the other sessions. Rejects with {@link WrongCredentials} or an {@link ApiError}. */
  async changePassword(
    name: string,
    passwords: { readonly current: string; readonly password: string },
    request: Request,
  ): Promise<{ cookies: string[] }> {
    refuseWeak(passwords.password, name);
    return this.#change(name, request, (headers) =>
      this.#auth.api.changePassword({
        body: { currentPassword: passwords.current, newPassword: passwords.password, revokeOtherSessions: true },
        headers,
        returnHeaders: true,
      }),
    );
  }

  /** Begins to set up a second factor; {@link confirmSecondFactor} makes it count. */
  async beginSecondFactor(
    name: string,
    password: string,
    request: Request,
  ): Promise<{ uri: string; backupCodes: string[] }> {
    const { response } = await this.#attempts.run(attemptOf(name, request), () =>
      refusedAsWrong(
        this.#auth.api.enableTwoFactor({ body: { password }, headers: headersOf(request), returnHeaders: true }),
      ),
    );
    if (!('totpURI' in response)) throw new Error('the library gave no address for the second factor');
    return { uri: response.totpURI, backupCodes: response.backupCodes };
  }

  /** Makes the second factor count, by a first code of it. Rejects with {@link WrongCredentials}. */
  async confirmSecondFactor(name: string, code: string, request: Request): Promise<{ cookies: string[] }> {
    // It is used up by this: signing in takes the next one (RFC 6238 §5.2).
    if (!this.#usedCodes.take(name, code)) throw new WrongCredentials('the code was used already');
    try {
      return await this.#change(name, request, (headers) =>
        this.#auth.api.verifyTOTP({ body: { code }, headers, returnHeaders: true }),
      );
    } catch (error) {
      this.#usedCodes.giveBack(name, code);
      throw error;
    }
  }

  /** Takes the second factor away. Rejects with {@link WrongCredentials}. */
  async endSecondFactor(name: string, password: string, request: Request): Promise<{ cookies: string[] }> {
    return this.#change(name, request, (headers) =>
      this.#auth.api.disableTwoFactor({ body: { password }, headers, returnHeaders: true }),
    );
  }

  /** The sessions of a user, the newest first. */
  async list(userId: string): Promise<Session[]> {
    return (await this.#records(userId, limits.sessionsPerUser)).map(sessionOf);
  }

  /** Ends one session of a user. False when there is none of that id. */
  async end(userId: string, id: string): Promise<boolean> {
    const record = (await this.#records(userId, limits.sessionsPerUser)).find((each) => each.id === id);
    if (record === undefined) return false;
    await (await this.#auth.$context).internalAdapter.deleteSession(record.token);
    this.#onChange();
    return true;
  }

  /** Ends all sessions of a user. */
  async endAll(userId: string): Promise<void> {
    await (await this.#auth.$context).internalAdapter.deleteUserSessions(userId);
    this.#onChange();
  }

  /** A name that was locked after too many failures can be tried again at once. */
  forgive(name: string): void {
    this.#attempts.forgive(name);
  }

  async #secondStep(name: string, code: string, headers: Headers): Promise<{ cookies: string[] }> {
    if (!this.#usedCodes.take(name, code)) throw new WrongCredentials('the code was used already');
    try {
      const body = { code };
      const verify = /^\d{6}$/.test(code) ? this.#auth.api.verifyTOTP : this.#auth.api.verifyBackupCode;
      const { headers: given, response } = await refusedAsWrong(verify({ body, headers, returnHeaders: true }));
      await this.#bound(response.user.id);
      return { cookies: given.getSetCookie().filter((cookie) => !/two_factor=/.test(cookie)) };
    } catch (error) {
      this.#usedCodes.giveBack(name, code);
      throw error;
    }
  }

  /** Changes something of who is signed in, who has to know a password or code for it. */
  async #change(
    name: string,
    request: Request,
    change: (headers: Headers) => Promise<{ headers: Headers }>,
  ): Promise<{ cookies: string[] }> {
    const { headers } = await this.#attempts.run(attemptOf(name, request), () =>
      refusedAsWrong(change(headersOf(request))),
    );
    this.#onChange();
    return { cookies: headers.getSetCookie() };
  }

  /** The oldest sessions make room. */
  async #bound(userId: string): Promise<void> {
    const { internalAdapter } = await this.#auth.$context;
    const tooMany = await this.#records(userId, limits.sessionsPerUser, limits.sessionsPerUser);
    if (tooMany.length === 0) return;
    for (const { token } of tooMany) await internalAdapter.deleteSession(token);
    this.#onChange();
  }

  async #records(userId: string, limit: number, offset = 0): Promise<SessionRecord[]> {
    const { adapter } = await this.#auth.$context;
    return adapter.findMany<SessionRecord>({
      model: 'session',
      where: [
        { field: 'userId', value: userId },
        { field: 'expiresAt', operator: 'gt', value: new Date() },
      ],
      sortBy: { field: 'createdAt', direction: 'desc' },
      limit,
      offset,
    });
  }
}

function sessionOf({ id, userId, createdAt, expiresAt, ipAddress, userAgent }: SessionRecord): Session {
  return { id, userId, createdAt, expiresAt, address: ipAddress || null, userAgent: userAgent || null };
}

function attemptOf(name: string, request: Request): Attempt {
  return { name, address: request.ip };
}

/** What the library is told of a request. */
function headersOf(request: Request): Headers {
  const headers = new Headers({ [ADDRESS_HEADER]: request.ip ?? '' });
  const cookie = request.get('cookie');
  if (cookie !== undefined) headers.set('cookie', cookie);
  headers.set('user-agent', (request.get('user-agent') ?? '').slice(0, limits.userAgentCharacters));
  return headers;
}

function cookiesFor(headers: Headers): string {
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0] ?? '')
    .join('; ');
}

/** What the library refuses, with whatever reason, is one thing to who asks. Its own failures are not. */
async function refusedAsWrong<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isAPIError(error) && error.statusCode < 500) throw new WrongCredentials(error.message, { cause: error });
    return rethrowCause(error);
  }
}

/** The library wraps what the database said. */
function rethrowCause(error: unknown): never {
  throw isAPIError(error) && error.cause !== undefined ? error.cause : error;
}
