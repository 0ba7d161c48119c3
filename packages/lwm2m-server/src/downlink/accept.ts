import { Code, type CoapResponse } from '@flownexus/coap';
import { ContentFormat, pathLevel, type Path } from '@flownexus/lwm2m-core';

/**
 * Makes a request with an Accept, and once more without when the device does not have that format. 4.06 says so
 * (RFC 7252 §5.10.4); Anjay Lite says 4.15.
 *
 * @returns the result, and the Accept of the request that it answers
 */
export async function withAcceptFallback<T>(
  accept: number | undefined,
  request: (accept: number | undefined) => Promise<T>,
  responseOf: (result: T) => CoapResponse,
): Promise<{ readonly result: T; readonly accept: number | undefined }> {
  const result = await request(accept);
  if (accept === undefined) return { result, accept };
  const { code } = responseOf(result);
  const refused = code === Code.NOT_ACCEPTABLE || code === Code.UNSUPPORTED_CONTENT_FORMAT;
  return refused ? { result: await request(undefined), accept: undefined } : { result, accept };
}

/**
 * The Content-Format of a 2.05 that states none, against RFC 7252 §5.5.1: what was asked for, else what devices had
 * before there was a choice, TLV for a tree and text for a value.
 */
export function impliedContentFormat(accept: number | undefined, path: Path): number {
  return accept ?? (pathLevel(path) < 3 ? ContentFormat.TLV : ContentFormat.TEXT);
}
