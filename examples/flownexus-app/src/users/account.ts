import type { Response } from 'express';
import { ApiError } from '../http/errors.ts';
import type { Principal } from '../http/principal.ts';
import { TooManyAttempts, WrongCredentials } from './password-attempts.ts';

/** Who is signed in with a password. */
export interface Account {
  readonly userId: string;
  readonly name: string;
  readonly sessionId: string;
}

/** Throws an {@link ApiError} for a token: it must not be able to make itself last, or more than it is. */
export function sessionOnly(principal: Principal | undefined): Account {
  if (principal?.via !== 'session' || principal.userId === undefined || principal.sessionId === undefined) {
    throw new ApiError(403, 'forbidden', 'this takes a session: sign in with name and password');
  }
  return { userId: principal.userId, name: principal.actor, sessionId: principal.sessionId };
}

/** Makes a wrong password or code a fault of the body, at a place in it: who asks is signed in, so that 401 would say something else. */
export async function wrongBody<T>(work: Promise<T>, place: string, response: Response): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TooManyAttempts) response.set('Retry-After', String(error.retryAfterSeconds));
    if (!(error instanceof WrongCredentials)) throw error;
    throw new ApiError(400, 'bad-body', `body.${place}: it is wrong`, [{ path: `body.${place}`, message: 'wrong' }]);
  }
}
