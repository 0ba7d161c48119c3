import { Code } from '@flownexus/coap';

/** A request of a device that is answered with an error code. Never leaves this package. */
export class RefusalError extends Error {
  override readonly name: string = 'RefusalError';
  /** The code as it goes on the wire. */
  readonly responseCode: number;
  /** When to try again, in seconds (Max-Age, RFC 7252 §5.10.5); undefined where nothing is said of it. */
  readonly retryAfter: number | undefined;

  constructor(responseCode: number, reason: string, retryAfter?: number) {
    super(reason);
    this.responseCode = responseCode;
    this.retryAfter = retryAfter;
  }
}

/** 5.03: nothing is wrong with the request, and it may be sent again. */
export function unavailable(reason: string = 'the server can not take this now'): RefusalError {
  return new RefusalError(Code.SERVICE_UNAVAILABLE, reason);
}
