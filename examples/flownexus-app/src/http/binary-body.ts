import type { Request, RequestHandler } from 'express';
import { limits } from '../limits.ts';
import { freeBodyTime } from './body-time.ts';
import { ApiError } from './errors.ts';

/** What a route with a binary body needs before its handler. Refuses bodies of another type, and such as would have to be decoded first. */
export const binaryBody: RequestHandler = (request, response, next) => {
  freeBodyTime(request);
  // Who is answered before the end of a body often has no eyes for it yet: a connection that ends at once would look like a failure of the network.
  response.once('finish', () => {
    if (request.complete) return;
    request.resume();
    const timer = setTimeout(() => request.socket.destroy(), limits.uploadLingerMs).unref();
    request.once('close', () => clearTimeout(timer));
  });
  const type = request.get('content-type');
  if (type !== undefined && request.is('application/octet-stream') === false) {
    throw new ApiError(415, 'wrong-type', 'the body has to be of type application/octet-stream');
  }
  const coding = request.get('content-encoding') ?? 'identity';
  if (coding !== 'identity') throw new ApiError(415, 'wrong-type', 'the body must have no content-encoding');
  next();
};

/**
 * The body of a request as it comes, no faster than it is read. Rejects with an {@link ApiError} when it breaks off, or is silent for too long. Who stops
 * reading leaves the connection open for an answer.
 */
export async function* bodyBytes(request: Request, idleMs: number = limits.uploadIdleMs): AsyncGenerator<Buffer> {
  request.setTimeout(idleMs, () => request.socket.destroy());
  try {
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new ApiError(
      400,
      'bad-body',
      `the body broke off: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** The Content-Length; undefined where there is none. */
export function bodyLength(request: Request): number | undefined {
  const length = request.get('content-length');
  return length === undefined ? undefined : Number(length);
}
