import { Code, type CoapResponse, type RequestOptions } from '@flownexus/coap';
import { contentFormatsFor, type Path } from '@flownexus/lwm2m-core';
import type { ReadOptions, ReadResult } from '../api/device.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { withAcceptFallback } from './accept.ts';
import { checkContent, decodeContent, inExchange, type DecodingContext } from './answer.ts';
import { uriPath } from './target.ts';

/** Reads `path` (TS Core §6.3.1): GET, with Accept unless the caller wants none. */
export async function readPath(
  endpoint: RegisteredEndpoint,
  path: Path,
  context: DecodingContext,
  options: ReadOptions,
): Promise<ReadResult> {
  const { registration } = endpoint;
  const request = (accept: number | undefined): Promise<CoapResponse> =>
    endpoint.coap.request(
      endpoint.peer,
      {
        method: Code.GET,
        path: uriPath(registration.rootPath, path),
        ...(accept === undefined ? {} : { accept }),
      },
      requestOptions(options),
    );
  const { result, accept } = await inExchange(endpoint.endpointName, () =>
    withAcceptFallback(acceptOf(endpoint, options), request, (response) => response),
  );
  checkContent(result);
  return { path, ...decodeContent(result, accept, path, registration, context) };
}

/** The Accept of a request: what the caller wants, else what suits the device. */
export function acceptOf(endpoint: RegisteredEndpoint, options: Pick<ReadOptions, 'accept'>): number | undefined {
  if (options.accept === null) return undefined;
  return options.accept ?? contentFormatsFor(endpoint.registration)[0];
}

/** What of the caller's options is for the CoAP exchange. */
function requestOptions(options: ReadOptions): RequestOptions {
  return {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  };
}
