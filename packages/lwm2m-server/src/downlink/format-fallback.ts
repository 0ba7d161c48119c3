import { Code, type CoapResponse } from '@flownexus/coap';
import { DecodeError, Lwm2mError, type EncodedForEndpoint } from '@flownexus/lwm2m-core';
import { forgetRefused, noteRefused, refusedFormats, type FormatUse, type Refuser } from './refused-formats.ts';

/** Encodes in the best format that is not among the refused; throws `ERR_LWM2M_ENCODE` when there is none. */
export type EncodeUnless = (refused: readonly number[]) => EncodedForEndpoint;

/** What a request came to, and the payload that it had. */
export interface SentEncoded<T> {
  readonly result: T;
  readonly encoded: EncodedForEndpoint;
}

/**
 * Sends a payload in the best format that the device has not refused, and when it answers that it does not have the format,
 * once more in the next. 4.15 says so (RFC 7252 §5.10.3); some devices say 4.06.
 *
 * @throws Lwm2mError, RangeError, TypeError for what has no form
 */
export async function withFormatFallback<T>(
  endpoint: Refuser,
  use: FormatUse,
  encode: EncodeUnless,
  send: (encoded: EncodedForEndpoint) => Promise<T>,
  responseOf: (result: T) => CoapResponse,
): Promise<SentEncoded<T>> {
  const attempt = async (encoded: EncodedForEndpoint): Promise<SentEncoded<T> & { readonly isRefused: boolean }> => {
    const result = await send(encoded);
    const isRefused = refusesFormat(responseOf(result));
    if (isRefused) noteRefused(endpoint, use, encoded.contentFormat);
    return { result, encoded, isRefused };
  };
  const first = await attempt(encodeNext(endpoint, use, encode) ?? encode([]));
  const next = first.isRefused ? encodeNext(endpoint, use, encode) : undefined;
  return next === undefined ? first : attempt(next);
}

/** Whether a device says that it does not have the Content-Format. */
function refusesFormat({ code }: CoapResponse): boolean {
  return code === Code.UNSUPPORTED_CONTENT_FORMAT || code === Code.NOT_ACCEPTABLE;
}

/** Undefined when all formats that have a form are refused; they may be tried again then. */
function encodeNext(endpoint: Refuser, use: FormatUse, encode: EncodeUnless): EncodedForEndpoint | undefined {
  const refused = refusedFormats(endpoint, use);
  try {
    return encode(refused);
  } catch (error) {
    if (refused.length === 0 || !hasNoForm(error)) throw error;
    forgetRefused(endpoint, use);
    return undefined;
  }
}

/** The first of the formats that has a form. */
export function encodeFirst(
  contentFormats: readonly number[],
  encode: (contentFormat: number) => Uint8Array,
): EncodedForEndpoint {
  let reason = new Lwm2mError('ERR_LWM2M_ENCODE', 'the endpoint has no Content-Format left');
  for (const contentFormat of contentFormats) {
    try {
      return { contentFormat, payload: encode(contentFormat) };
    } catch (error) {
      if (!hasNoForm(error)) throw error;
      reason = error;
    }
  }
  throw reason;
}

function hasNoForm(error: unknown): error is Lwm2mError {
  return error instanceof Lwm2mError && !(error instanceof DecodeError) && error.code === 'ERR_LWM2M_ENCODE';
}
