import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { isUnavailable } from '../database/faults.ts';
import type { Problem, ProblemIssue } from './api-types.ts';

/** What each error code of the API means. */
export const apiErrorCodes = {
  'bad-request': 'the request is malformed',
  'bad-query': 'a parameter of the query is unknown or not what it may be',
  'bad-body': 'the body of the request is not what it may be',
  'too-large': 'the body of the request is too large',
  'wrong-type': 'the body of the request is of a type or encoding that is not taken here',
  'wrong-digest': 'what was received has another digest than was said',
  'bad-range': 'the file has nothing of the range that was asked for',
  'precondition-failed': 'a condition of the request does not hold',
  gone: 'it was there, and can not be had any more',
  'disk-full': 'the disk has no room for it',
  unauthorized: 'neither a session nor a token that is valid',
  'wrong-credentials': 'the name, the password or the code is wrong',
  'request-refused': 'there is no certificate for this request',
  'bad-files': 'a file of the server can not be used',
  'code-needed': 'the password is right, and a code of the second factor is needed, too',
  forbidden: 'the user or token may not do this',
  'cross-site': 'a request of another site, in the name of who is signed in here',
  'unknown-endpoint': 'no endpoint of that name is known',
  'no-credentials': 'the endpoint has no credentials',
  'identity-taken': 'another endpoint has the identity',
  'unknown-path': 'the endpoint has nothing at that path',
  'unknown-firmware': 'no firmware package of that id is known',
  'no-firmware-object': 'the endpoint has none of the Objects that firmware is updated by',
  'too-many-series': 'more series of values are at or below the path than one list can merge',
  'not-found': 'nothing is at that address',
  conflict: 'the present state does not allow this',
  'quota-exceeded': 'as many as there may be',
  'method-not-allowed': 'that address takes other methods',
  'too-many-requests': 'too many requests; Retry-After says when to try again',
  'too-many-streams': 'too many event streams are open',
  unavailable: 'the server can not do this at present, such as while the database is away',
  internal: 'the server failed',
} as const;
export type ApiErrorCode = keyof typeof apiErrorCodes;

/** An answer of 400 and above. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: ApiErrorCode;
  /** Where the input is wrong. */
  readonly issues: readonly ProblemIssue[];

  constructor(status: number, code: ApiErrorCode, message: string, issues: readonly ProblemIssue[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.issues = issues;
  }
}

/** The last route of the API. */
export const unknownRoute: RequestHandler = (request) => {
  throw new ApiError(404, 'not-found', `nothing is at ${request.originalUrl.split('?', 1)[0] ?? ''}`);
};

/** Answers with the problem details of RFC 9457, and never with what is only for the log. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const known = error instanceof ApiError ? error : (fromExpress(error) ?? fromDatabase(error));
    if (known === undefined || known.status === 503)
      log.error({ err: error, method: request.method, url: request.originalUrl, requestId: response.get('X-Request-Id') }, 'request failed'); // prettier-ignore
    const { status, code, message, issues } =
      known ?? new ApiError(500, 'internal', 'the server failed; its log says why');
    const body: Problem = {
      type: `urn:flownexus:problem:${code}`,
      title: apiErrorCodes[code],
      status,
      detail: message,
      ...(issues.length === 0 ? {} : { errors: issues }),
    };
    response.status(status).type('application/problem+json').send(JSON.stringify(body));
  };
}

function fromDatabase(error: unknown): ApiError | undefined {
  return isUnavailable(error)
    ? new ApiError(503, 'unavailable', 'the database can not be used at present; try again later')
    : undefined;
}

/** Express refuses malformed addresses and bodies with an error that has a status; that of a body has a type, too. What else fails while a body is read is ours. */
function fromExpress(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  if (error.status < 400 || error.status >= 500) return undefined;
  // Its message may quote the body.
  if (error instanceof URIError) return new ApiError(400, 'bad-request', 'the address is malformed');
  if (!('type' in error)) return undefined;
  return error.status === 413
    ? new ApiError(413, 'too-large', 'the body is too large')
    : new ApiError(error.status, 'bad-body', 'the body is not JSON');
}
