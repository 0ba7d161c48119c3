import { Code, type CoapResponse } from '@flownexus/coap';
import { ContentFormat, describeContentFormat, pathLevel, type Path } from '@flownexus/lwm2m-core';
import type { Registration } from '../registration/registration.ts';

/** What to ask for where a device has it, the best first: formats for whole trees that carry times and types. */
const PREFERRED: readonly number[] = [
  ContentFormat.SENML_CBOR,
  ContentFormat.LWM2M_CBOR,
  ContentFormat.SENML_JSON,
  ContentFormat.TLV,
  ContentFormat.OMA_JSON,
].filter((contentFormat) => describeContentFormat(contentFormat)?.decoded === true);

/**
 * The Content-Format to ask a device for: the best that its `ct` names and this server decodes, else the one that its
 * LwM2M version makes mandatory (1.0 TLV, later SenML CBOR). What does not come back is asked for without Accept.
 */
export function defaultAccept(registration: Pick<Registration, 'contentFormats' | 'lwm2mVersion'>): number {
  const named = PREFERRED.find((contentFormat) => registration.contentFormats.includes(contentFormat));
  return named ?? (registration.lwm2mVersion === '1.0' ? ContentFormat.TLV : ContentFormat.SENML_CBOR);
}

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
