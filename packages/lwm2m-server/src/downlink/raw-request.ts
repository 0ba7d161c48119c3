import { Code, formatCode } from '@flownexus/coap';
import type { RawResponse } from '../api/device.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { DecodingContext } from './answer.ts';
import type { OperationResult, RequestOperation } from './operation.ts';
import { requester, type ExchangeBounds } from './request.ts';
import { rootSegments } from './target.ts';

const METHODS: Readonly<Record<RequestOperation['method'], number>> = {
  GET: Code.GET,
  POST: Code.POST,
  PUT: Code.PUT,
  DELETE: Code.DELETE,
  FETCH: Code.FETCH,
  PATCH: Code.PATCH,
  iPATCH: Code.IPATCH,
};

const MAX_OPTION_BYTES = 255;
const encoder = new TextEncoder();

/**
 * Throws for what can be no request.
 *
 * @throws RangeError for a method, a segment, or a number that is none
 */
export function checkRequest({ method, path, query = [], contentFormat, accept }: RequestOperation): void {
  if (!Object.hasOwn(METHODS, method)) throw new RangeError('a request has one of the methods of CoAP');
  checkFormatNumber(contentFormat);
  checkFormatNumber(accept);
  for (const segment of [...path, ...query]) {
    if (encoder.encode(segment).length > MAX_OPTION_BYTES) {
      throw new RangeError(`a segment of a path or query has ${MAX_OPTION_BYTES} bytes at most`);
    }
  }
  if (path.some((segment) => segment === '.' || segment === '..')) {
    throw new RangeError('a path segment is not "." or ".."'); // RFC 7252 §5.10.1
  }
}

/** @throws RangeError when it can't be a Content-Format or Accept (RFC 7252 §5.10) */
export function checkFormatNumber(contentFormat: number | null | undefined): void {
  if (contentFormat === undefined || contentFormat === null) return;
  if (Number.isInteger(contentFormat) && contentFormat >= 0 && contentFormat <= 0xffff) return;
  throw new RangeError(`a Content-Format is an integer of 0 to 65535, not ${contentFormat}`);
}

/** A request as it stands, below the root path of the device. Whatever it answers is the result. */
export async function performRequest(
  endpoint: RegisteredEndpoint,
  { method, path, query, contentFormat, accept, payload }: RequestOperation,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<OperationResult & RawResponse> {
  const response = await requester(
    endpoint,
    context,
    bounds,
  )({
    method: METHODS[method],
    path: [...rootSegments(endpoint.registration.rootPath), ...path],
    ...(query === undefined ? {} : { query }),
    ...(contentFormat === undefined ? {} : { contentFormat }),
    ...(accept === undefined ? {} : { accept }),
    ...(payload === undefined ? {} : { payload }),
  });
  return {
    responseCode: formatCode(response.code),
    ...(response.contentFormat === undefined ? {} : { contentFormat: response.contentFormat }),
    locationPath: response.locationPath,
    payload: response.payload,
  };
}
