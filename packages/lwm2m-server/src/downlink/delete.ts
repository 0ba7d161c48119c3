import { Code } from '@flownexus/coap';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { expectCode, type DecodingContext } from './answer.ts';
import type { DeleteOperation, OperationResult } from './operation.ts';
import { requester, type ExchangeBounds } from './request.ts';
import { targetPath, uriPath } from './target.ts';

/** Delete (TS Core §6.3.7). */
export async function performDelete(
  endpoint: RegisteredEndpoint,
  operation: DeleteOperation,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<OperationResult> {
  const path = targetPath(operation.path, 'delete');
  const response = await requester(
    endpoint,
    context,
    bounds,
  )({
    method: Code.DELETE,
    path: uriPath(endpoint.registration.rootPath, path),
  });
  return { responseCode: expectCode(response, Code.DELETED) };
}
