import { Code } from '@flownexus/coap';
import { ContentFormat, formatExecuteArguments } from '@flownexus/lwm2m-core';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { expectCode, type DecodingContext } from './answer.ts';
import type { ExecuteOperation, OperationResult } from './operation.ts';
import { requester, type ExchangeBounds } from './request.ts';
import { targetPath, uriPath } from './target.ts';

/** Execute (TS Core §6.3.5): POST, with text where there are arguments, else without a payload. */
export async function performExecute(
  endpoint: RegisteredEndpoint,
  operation: ExecuteOperation,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<OperationResult> {
  const path = targetPath(operation.path, 'execute');
  const text = formatExecuteArguments(operation.arguments ?? []);
  const body = text === '' ? {} : { contentFormat: ContentFormat.TEXT, payload: new TextEncoder().encode(text) };
  const response = await requester(
    endpoint,
    context,
    bounds,
  )({
    method: Code.POST,
    path: uriPath(endpoint.registration.rootPath, path),
    ...body,
  });
  return { responseCode: expectCode(response, Code.CHANGED) };
}
