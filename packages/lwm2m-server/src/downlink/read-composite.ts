import { Code, type CoapResponse } from '@flownexus/coap';
import { encodePathList, ROOT_PATH, type EncodedForEndpoint, type Path } from '@flownexus/lwm2m-core';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { withAcceptFallback } from './accept.ts';
import { checkContent, decodeContent, type DecodingContext } from './answer.ts';
import { answerFormatFor, compositeAccept, compositePaths, encodePathListUnless } from './composite.ts';
import { withFormatFallback } from './format-fallback.ts';
import { namingOfAll } from './names.ts';
import type { ContentResult, ReadCompositeOperation } from './operation.ts';
import { requester, type ExchangeBounds, type Requester } from './request.ts';
import { uriPath } from './target.ts';

/**
 * Read-Composite (TS Core §6.3.8): FETCH with the list of paths as its payload. It goes to the root: no Uri-Path but the root path of the
 * device, which is in front of every request to it, and of the names too (TS Transport §6.4.1).
 */
export async function performReadComposite(
  endpoint: RegisteredEndpoint,
  operation: ReadCompositeOperation,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<ContentResult> {
  const paths = compositePaths(operation.paths);
  const { response, format } = await fetchPaths(endpoint, operation, paths, requester(endpoint, context, bounds));
  checkContent(response);
  const content = decodeContent(response, format, ROOT_PATH, namingOfAll(endpoint, paths), context);
  return { responseCode: '2.05', ...content };
}

/** Asks for the paths. The `format` is that of an answer which does not say its own. */
async function fetchPaths(
  endpoint: RegisteredEndpoint,
  { contentFormat, accept }: ReadCompositeOperation,
  paths: readonly Path[],
  send: Requester,
): Promise<{ readonly response: CoapResponse; readonly format: number }> {
  const { registration } = endpoint;
  const { rootPath } = registration;
  const fetch = (encoded: EncodedForEndpoint, wanted: number | undefined): Promise<CoapResponse> =>
    send({
      method: Code.FETCH,
      path: uriPath(rootPath, ROOT_PATH),
      ...encoded,
      ...(wanted === undefined ? {} : { accept: wanted }),
    });
  if (contentFormat === undefined) {
    const { result, encoded } = await withFormatFallback(
      endpoint,
      'composite',
      (refused) => encodePathListUnless(refused, paths, registration),
      (candidate) => fetch(candidate, compositeAccept(accept, candidate.contentFormat)),
      (response) => response,
    );
    return { response: result, format: accept ?? answerFormatFor(encoded.contentFormat) };
  }
  const encoded = { contentFormat, payload: encodePathList(paths, contentFormat, { rootPath }) };
  const wanted = compositeAccept(accept, contentFormat);
  const { result } = await withAcceptFallback(
    wanted,
    (asked) => fetch(encoded, asked),
    (response) => response,
  );
  return { response: result, format: wanted ?? answerFormatFor(contentFormat) };
}
