import { Code, type CoapResponse } from '@flownexus/coap';
import { encodePathList, ROOT_PATH, type EncodedForEndpoint, type Path } from '@flownexus/lwm2m-core';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
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
  const exchange = async (encoded: EncodedForEndpoint): Promise<CoapResponse> => {
    const wanted = compositeAccept(accept, encoded.contentFormat);
    const response = await fetch(encoded, wanted);
    // Where the caller has chosen a format, 4.06 is about that of the answer, as of a Read (RFC 7252 §5.10.4); else the next is tried for both.
    const isChosen = contentFormat !== undefined || typeof accept === 'number';
    const isRefused = wanted !== undefined && response.code === Code.NOT_ACCEPTABLE;
    return isChosen && isRefused ? fetch(encoded, undefined) : response;
  };
  if (contentFormat !== undefined) {
    const response = await exchange({ contentFormat, payload: encodePathList(paths, contentFormat, { rootPath }) });
    return { response, format: accept ?? answerFormatFor(contentFormat) };
  }
  const { result, encoded } = await withFormatFallback(
    endpoint,
    'composite',
    (refused) => encodePathListUnless(refused, paths, registration),
    exchange,
    (response) => response,
  );
  return { response: result, format: accept ?? answerFormatFor(encoded.contentFormat) };
}
