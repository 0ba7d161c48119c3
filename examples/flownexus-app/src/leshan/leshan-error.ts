import { DecodeError, Lwm2mError } from '@flownexus/lwm2m-core';
import { Lwm2mServerError, type Lwm2mServerErrorCode } from '@flownexus/lwm2m-server';
import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';

/** An answer of 400 and above, whose message is its text. */
export class LeshanError extends Error {
  override readonly name = 'LeshanError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The host does not admit a call: its own error handler answers with the cause. */
export class NotAdmittedError extends Error {
  override readonly name = 'NotAdmittedError';

  constructor(cause: unknown) {
    super('the call is not admitted', { cause });
  }
}

/** A call that is wrong in itself. */
export function invalidRequest(reason: string): LeshanError {
  return new LeshanError(400, `Invalid request: ${reason}`);
}

/**
 * Runs what reads the input of a caller, or checks it.
 *
 * @throws LeshanError where that throws or rejects for what the caller gave
 */
export async function checkingInput<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    // Of the library, misuse is these three; what a device sent is an Lwm2mServerError.
    if (error instanceof Lwm2mError || error instanceof RangeError || error instanceof TypeError) {
      throw invalidRequest(reasonOf(error));
    }
    throw error;
  }
}

function reasonOf(error: Error): string {
  return error instanceof DecodeError ? `expected ${error.expected}, found ${error.found}` : error.message;
}

/**
 * Answers with text, as a Leshan server does. What a device sent is never the fault of this server: 502. Errors of the host's `admit` are passed on.
 */
export function answerLeshanErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (error instanceof NotAdmittedError) {
      next(error.cause);
      return;
    }
    if (response.headersSent) {
      next(error);
      return;
    }
    const known = knownError(error);
    if (known === undefined) {
      log.error({ err: error, method: request.method, url: request.originalUrl }, 'request failed');
    }
    const { status, message } = known ?? new LeshanError(500, 'Unexpected exception: the log of the server says why');
    response.status(status).set('X-Content-Type-Options', 'nosniff').type('text/plain').send(message);
  };
}

/** The answer that an error means; undefined for one of this server. */
export function knownError(error: unknown): LeshanError | undefined {
  if (error instanceof LeshanError) return error;
  if (error instanceof Lwm2mServerError) return ofServer(error);
  return ofExpress(error);
}

type Mapping = readonly [status: number, prefix: string];
const CANCELLED: Mapping = [502, 'Request cancelled: '];
const INVALID_RESPONSE: Mapping = [502, 'Invalid Response: '];
const INVALID_REQUEST: Mapping = [400, 'Invalid request: '];

const ANSWERS: Readonly<Partial<Record<Lwm2mServerErrorCode, Mapping>>> = {
  ERR_LWM2M_SERVER_NOT_REGISTERED: [400, 'No registered client: '],
  ERR_LWM2M_SERVER_ASLEEP: INVALID_REQUEST,
  ERR_LWM2M_SERVER_BOOTSTRAP: INVALID_REQUEST,
  ERR_LWM2M_SERVER_IDENTITY_TAKEN: [400, ''],
  ERR_LWM2M_SERVER_REGISTRATION_ENDED: CANCELLED,
  ERR_LWM2M_SERVER_ABORTED: CANCELLED,
  ERR_LWM2M_SERVER_EXCHANGE: [502, 'Request rejected: '],
  ERR_LWM2M_SERVER_PAYLOAD: INVALID_RESPONSE,
  ERR_LWM2M_SERVER_RESPONSE: INVALID_RESPONSE,
  ERR_LWM2M_SERVER_LIMIT: [503, ''],
  ERR_LWM2M_SERVER_STATE: [503, ''],
};

function ofServer({ code, message }: Lwm2mServerError): LeshanError | undefined {
  if (code === 'ERR_LWM2M_SERVER_TIMEOUT') return new LeshanError(504, 'Request timeout');
  const answer = ANSWERS[code];
  return answer === undefined ? undefined : new LeshanError(answer[0], `${answer[1]}${message}`);
}

/** Express refuses malformed addresses and bodies with an error that has a status; its message may quote the body. */
function ofExpress(error: unknown): LeshanError | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  if (error.status < 400 || error.status >= 500) return undefined;
  if (error.status === 413) return new LeshanError(413, 'Invalid request: the body is too large');
  const what = 'type' in error ? 'the body can not be read' : 'the address is malformed';
  return new LeshanError(error.status, `Invalid request: ${what}`);
}
