import { Code } from '@flownexus/coap';
import { formatAttributes } from '@flownexus/lwm2m-core';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { expectCode, type DecodingContext } from './answer.ts';
import type { OperationResult, WriteAttributesOperation } from './operation.ts';
import { requester, type ExchangeBounds } from './request.ts';
import { targetPath, uriPath } from './target.ts';

/** Write-Attributes (TS Core §6.3.4): a PUT that has no payload, so that its query is what it writes. */
export async function performWriteAttributes(
  endpoint: RegisteredEndpoint,
  operation: WriteAttributesOperation,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<OperationResult> {
  const path = targetPath(operation.path, 'writeAttributes');
  const response = await requester(
    endpoint,
    context,
    bounds,
  )({
    method: Code.PUT,
    path: uriPath(endpoint.registration.rootPath, path),
    query: formatAttributes(operation.attributes),
  });
  return { responseCode: expectCode(response, Code.CHANGED) };
}
