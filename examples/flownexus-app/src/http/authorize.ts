import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { ApiError } from './errors.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

/** Whether an IP address or `localhost` means this machine only. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

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
  const host = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(request.get('host') ?? '');
  return isLoopback((host?.[1] ?? host?.[2] ?? '').toLowerCase());
}
