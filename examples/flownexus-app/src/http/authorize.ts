import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { ApiError } from './errors.ts';
import { isLoopback, isLoopbackAuthority } from './loopback.ts';

/** Lets through who has the token, and clients on this machine. */
export function authorize(apiToken: string | undefined): RequestHandler {
  const expected = apiToken === undefined ? undefined : digest(apiToken);
  return (request, response, next) => {
    const given = /^Bearer +(.+)$/i.exec(request.get('authorization') ?? '')?.[1];
    const allowed =
      given === undefined ? isLocal(request) : expected !== undefined && timingSafeEqual(digest(given), expected);
    if (allowed) {
      next();
      return;
    }
    response.set('WWW-Authenticate', given === undefined ? 'Bearer' : 'Bearer error="invalid_token"');
    throw new ApiError(401, 'unauthorized', 'a bearer token is needed: Authorization: Bearer <FLOWNEXUS_API_TOKEN>');
  };
}

/** Equal lengths for the comparison, whatever was given. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * The address of the socket alone does not say who asks: a page of another site can reach this machine through the
 * user's browser under a name of its own (DNS rebinding), and a proxy on this machine speaks for others.
 */
function isLocal(request: Request): boolean {
  if (request.get('forwarded') !== undefined || request.get('x-forwarded-for') !== undefined) return false;
  if (!isLoopback(request.socket.remoteAddress ?? '')) return false;
  return isLoopbackAuthority(request.get('host') ?? '');
}
