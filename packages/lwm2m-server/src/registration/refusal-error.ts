import { Code } from '@flownexus/coap';

/** A request of a device that is answered with an error code. Never leaves this package. */
export class RefusalError extends Error {
  override readonly name: string = 'RefusalError';
  /** The code as it goes on the wire. */
  readonly responseCode: number;
  /** When to try again, in seconds: Max-Age (RFC 7252 §5.10.5). */
  readonly retryAfter: number | undefined;
  /** Whom it refuses, where the request itself does not say it. */
  readonly endpointName: string | undefined;

  constructor(
    responseCode: number,
    reason: string,
    details: { readonly retryAfter?: number | undefined; readonly endpointName?: string } = {},
  ) {
    super(reason);
    this.responseCode = responseCode;
    this.retryAfter = details.retryAfter;
    this.endpointName = details.endpointName;
  }
}

/** 4.00 */
export function badRequest(reason: string): RefusalError {
  return new RefusalError(Code.BAD_REQUEST, reason);
}

/** 5.03: the server can't take the request now. */
export function unavailable(reason: string = 'the server can not take this now'): RefusalError {
  return new RefusalError(Code.SERVICE_UNAVAILABLE, reason);
}
