import { formatCode, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import type { Refusal } from '../api/events.ts';
import { ReportedError, type ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import { RefusalError } from './refusal-error.ts';

export interface RefusalsOptions {
  readonly reportError: ErrorReporter;
  /** Told of each refusal once its answer has left, or is known never to leave. */
  readonly refused: (refusal: Refusal) => void;
}

/** Answers what devices are refused, once: with the code and the reason, which go to the event `refused` as well. */
export class Refusals {
  readonly #options: RefusalsOptions;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /**
   * The answer that `work` makes to a request, or the refusal that it throws or rejects with; `refused` is called when that has left. Anything else that it
   * throws is a defect: 5.00.
   */
  answer(
    operation: Refusal['operation'],
    request: IncomingRequest,
    nameOf: () => string | undefined,
    work: () => MaybePromise<CoapReply>,
    refused?: () => void,
  ): MaybePromise<CoapReply> {
    const refuse = (error: unknown): CoapReply => this.#refuse(operation, request, nameOf, error, refused);
    try {
      const reply = work();
      return reply instanceof Promise ? reply.catch(refuse) : reply;
    } catch (error) {
      return refuse(error);
    }
  }

  #refuse(
    operation: Refusal['operation'],
    { peer }: IncomingRequest,
    nameOf: () => string | undefined,
    error: unknown,
    refused: (() => void) | undefined,
  ): CoapReply {
    if (!(error instanceof RefusalError)) {
      this.#options.reportError(error, `the ${operation} of ${peer.host} failed`); // a defect of ours
      throw new ReportedError(error); // answered 5.00
    }
    const refusal: Refusal = {
      operation,
      endpointName: nameOf() ?? error.endpointName,
      address: { host: peer.host, port: peer.port },
      identity: peer.identity,
      code: formatCode(error.responseCode),
      reason: error.message,
    };
    return {
      code: error.responseCode,
      payload: diagnosticPayload(error.message),
      ...(error.retryAfter === undefined ? {} : { maxAge: error.retryAfter }),
      ...whenAnswered(() => {
        refused?.();
        this.#options.refused(refusal);
      }),
    };
  }
}

/** What happened has happened, also when its answer can never leave. */
export function whenAnswered(announce: () => void): Pick<CoapReply, 'afterSent' | 'onUnsent'> {
  return { afterSent: announce, onUnsent: announce };
}

/** RFC 7252 §5.5.2. A reason of the application may be long: a device needs no blocks to learn that it is refused. */
function diagnosticPayload(reason: string): Uint8Array {
  return new TextEncoder().encode(reason.slice(0, limits.maxDiagnosticLength));
}
