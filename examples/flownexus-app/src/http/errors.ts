import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { ErrorBody } from './api-types.ts';

/** What each error code of the API means. */
export const apiErrorCodes = {
  'bad-request': 'the request is malformed',
  'bad-query': 'a parameter of the query is unknown or not what it may be',
  'bad-body': 'the body of the request is not what it may be',
  unauthorized: 'neither a token nor a client on this machine',
  'unknown-endpoint': 'no endpoint of that name ever registered',
  'no-credentials': 'the endpoint has no credentials',
  'identity-taken': 'another endpoint has the identity',
  'unknown-path': 'the endpoint has nothing at that path',
  'too-many-series': 'more series of values are at or below the path than one list can merge',
  'not-found': 'the API has nothing at that address',
  'method-not-allowed': 'that address takes other methods',
  'too-many-streams': 'too many event streams are open',
  internal: 'the server failed',
} as const;
export type ApiErrorCode = keyof typeof apiErrorCodes;

/** An answer of 400 and above. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: ApiErrorCode;

  constructor(status: number, code: ApiErrorCode, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The last route of the API. */
export const unknownRoute: RequestHandler = (request) => {
  throw new ApiError(404, 'not-found', `the API has nothing at ${request.originalUrl.split('?', 1)[0] ?? ''}`);
};

/** For the addresses that can only be read. */
export const onlyGet: RequestHandler = (request, response) => {
  response.set('Allow', 'GET, HEAD');
  throw new ApiError(405, 'method-not-allowed', `${request.method} is not possible here`);
};

/** Answers with JSON, and never with what is only for the log. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const known = error instanceof ApiError ? error : fromExpress(error);
    if (known === undefined)
      log.error({ err: error, method: request.method, url: request.originalUrl }, 'request failed');
    const { status, code, message } = known ?? new ApiError(500, 'internal', 'the server failed; its log says why');
    const body: ErrorBody = { error: { code, message } };
    response.status(status).json(body);
  };
}

/** Express refuses malformed addresses and bodies with an error that has a status; that of a body has a type, too. */
function fromExpress(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  if (error.status < 400 || error.status >= 500) return undefined;
  // Its message may quote the body.
  if (!('type' in error)) return new ApiError(error.status, 'bad-request', 'the address is malformed');
  return new ApiError(
    error.status,
    'bad-body',
    error.status === 413 ? 'the body is too large' : 'the body is not JSON',
  );
}
