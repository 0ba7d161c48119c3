import { Code, type CoapReply } from '@flownexus/coap';
import { Lwm2mError } from '@flownexus/lwm2m-core';
import { Refusal } from '../errors.ts';

const encoder = new TextEncoder();

/** What is answered to a request that is refused; throws on what is none of that. */
export function refusalReply(error: unknown): CoapReply {
  if (error instanceof Refusal) return errorReply(error.responseCode, error.message);
  if (error instanceof Lwm2mError) return errorReply(codeOf(error), error.message);
  throw error;
}

function codeOf(error: Lwm2mError): number {
  switch (error.code) {
    case 'ERR_LWM2M_CONTENT_FORMAT':
      return Code.UNSUPPORTED_CONTENT_FORMAT;
    case 'ERR_LWM2M_ENCODE':
      // A format that can't carry this node, such as text for an Object Instance.
      return Code.NOT_ACCEPTABLE;
    default:
      return Code.BAD_REQUEST;
  }
}

function errorReply(code: number, reason: string): CoapReply {
  return { code, payload: encoder.encode(reason.slice(0, 256)) };
}

/** 4.00 */
export function badRequest(reason: string): Refusal {
  return new Refusal(Code.BAD_REQUEST, reason);
}

/** 4.01 */
export function unauthorized(): Refusal {
  return new Refusal(Code.UNAUTHORIZED, 'for the bootstrap server alone');
}

/** 4.04 */
export function notFound(what: string): Refusal {
  return new Refusal(Code.NOT_FOUND, `no ${what}`);
}

/** 4.05 */
export function notAllowed(reason: string): Refusal {
  return new Refusal(Code.METHOD_NOT_ALLOWED, reason);
}

/** 4.15 */
export function unsupportedFormat(reason: string): Refusal {
  return new Refusal(Code.UNSUPPORTED_CONTENT_FORMAT, reason);
}
