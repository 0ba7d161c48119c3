import { Code, type CoapResponse } from '@flownexus/coap';
import { contentFormatsFor, parsePath, type Path } from '@flownexus/lwm2m-core';
import type { ReadOptions, ReadResult } from '../api/device.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { withAcceptFallback } from './accept.ts';
import { checkContent, decodeContent, type DecodingContext } from './answer.ts';
import { namingOf } from './names.ts';
import type { ContentResult, ReadOperation } from './operation.ts';
import { noteRefused, refusedFormats } from './refused-formats.ts';
import { requester, type ExchangeBounds } from './request.ts';
import { uriPath } from './target.ts';

/** Read (TS Core §6.3.1). */
export async function performRead(
  endpoint: RegisteredEndpoint,
  { path, accept }: ReadOperation,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<ContentResult> {
  const options = accept === undefined ? bounds : { ...bounds, accept };
  const { contentFormat, node, records } = await readPath(endpoint, parsePath(path), context, options);
  return { responseCode: '2.05', contentFormat, node, records };
}

/** Reads `path` (TS Core §6.3.1): GET, with Accept unless the caller wants none. */
export async function readPath(
  endpoint: RegisteredEndpoint,
  path: Path,
  context: DecodingContext,
  options: ReadOptions,
): Promise<ReadResult> {
  const send = requester(endpoint, context, options);
  const uri = uriPath(endpoint.registration.rootPath, path);
  const asked = acceptOf(endpoint, options);
  const { result, accept } = await withAcceptFallback(
    asked,
    (wanted): Promise<CoapResponse> =>
      send(wanted === undefined ? { method: Code.GET, path: uri } : { method: Code.GET, path: uri, accept: wanted }),
    (response) => response,
  );
  checkContent(result);
  // That it answers without Accept shows that the format was what it refused.
  if (accept !== asked && asked !== undefined && options.accept === undefined) noteRefused(endpoint, 'read', asked);
  const { contentFormat, node, records } = decodeContent(result, accept, path, namingOf(endpoint, path), context);
  return { path, contentFormat, node, records };
}

/** The Accept of a request: what the caller wants, else what suits the device best of what it has not refused. */
export function acceptOf(endpoint: RegisteredEndpoint, options: Pick<ReadOptions, 'accept'>): number | undefined {
  if (options.accept === null) return undefined;
  const refused = refusedFormats(endpoint, 'read');
  return options.accept ?? contentFormatsFor(endpoint.registration).find((format) => !refused.includes(format));
}
