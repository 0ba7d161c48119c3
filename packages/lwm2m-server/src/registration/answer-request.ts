import { formatCode, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import type { Refusal } from '../api/events.ts';
import { ReportedError, type ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import { RefusalError } from './refusal-error.ts';

/** Who is told of requests that are not answered with a success. */
export interface RefusalContext {
  readonly reportError: ErrorReporter;
  /** Called when the answer has left, or is known never to leave. */
  refused(refusal: Refusal): void;
}

/** What a request asks for. */
export interface AskedOperation {
  readonly operation: Refusal['operation'];
  readonly request: IncomingRequest;
  /** Of a refused request, as far as it is known. */
  readonly endpointName: () => string | undefined;
}

/**
 * Answers a request of a device: with what `work` gives, or with the code and the reason of the {@link RefusalError} that it throws or rejects with.
 * Any other error is a defect: it is reported, and the CoAP engine answers 5.00.
 */
export function answerRequest(
  asked: AskedOperation,
  context: RefusalContext,
  work: () => MaybePromise<CoapReply>,
): MaybePromise<CoapReply> {
  try {
    const reply = work();
    return reply instanceof Promise ? reply.catch((error: unknown) => refuse(asked, context, error)) : reply;
  } catch (error) {
    return refuse(asked, context, error);
  }
}

/** What happened has happened, also when its answer can never leave. */
export function whenAnswered(announce: () => void): Pick<CoapReply, 'afterSent' | 'onUnsent'> {
  return { afterSent: announce, onUnsent: announce };
}

function refuse(
  { operation, request, endpointName }: AskedOperation,
  context: RefusalContext,
  error: unknown,
): CoapReply {
  const { peer } = request;
  if (!(error instanceof RefusalError)) {
    context.reportError(error, `the ${operation} of ${peer.host} failed`);
    throw new ReportedError(error);
  }
  const refusal: Refusal = {
    operation,
    endpointName: endpointName() ?? error.endpointName,
    address: { host: peer.host, port: peer.port },
    identity: peer.identity,
    code: formatCode(error.responseCode),
    reason: error.message,
  };
  return {
    code: error.responseCode,
    payload: diagnosticPayload(error.message),
    ...(error.retryAfter === undefined ? {} : { maxAge: error.retryAfter }),
    ...whenAnswered(() => context.refused(refusal)),
  };
}

/** RFC 7252 §5.5.2. A reason of the application may be long: a device needs no blocks to learn that it is refused. */
function diagnosticPayload(reason: string): Uint8Array {
  return new TextEncoder().encode(reason.slice(0, limits.maxDiagnosticLength));
}
