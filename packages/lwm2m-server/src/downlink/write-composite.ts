import { Code, type CoapResponse } from '@flownexus/coap';
import { encodeChanges, ROOT_PATH, type EncodedForEndpoint, type ResourceChange } from '@flownexus/lwm2m-core';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { expectCode, type DecodingContext } from './answer.ts';
import { compositeAccept, compositeFormats } from './composite.ts';
import { encodeFirst, withFormatFallback } from './format-fallback.ts';
import { namingOfAll } from './names.ts';
import type { OperationResult, WriteCompositeOperation } from './operation.ts';
import { requester, type ExchangeBounds } from './request.ts';
import { uriPath } from './target.ts';

/** Write-Composite (TS Core §6.3.9): iPATCH to the root, as {@link performReadComposite}; all or nothing. */
export async function performWriteComposite(
  endpoint: RegisteredEndpoint,
  operation: WriteCompositeOperation,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<OperationResult> {
  const { changes, contentFormat: chosen } = operation;
  checkChanges(changes);
  const { registration } = endpoint;
  const { rootPath } = registration;
  const send = requester(endpoint, context, bounds);
  const patch = (encoded: EncodedForEndpoint): Promise<CoapResponse> => {
    const accept = compositeAccept(operation.accept, encoded.contentFormat);
    return send({
      method: Code.IPATCH,
      path: uriPath(rootPath, ROOT_PATH),
      ...encoded,
      ...(accept === undefined ? {} : { accept }),
    });
  };
  const { objectVersions } = namingOfAll(
    endpoint,
    changes.map(({ path }) => path),
  );
  const definitions = context.objects.forVersions(objectVersions);
  const encode = (contentFormat: number): Uint8Array =>
    encodeChanges(changes, contentFormat, definitions, { rootPath });
  if (chosen !== undefined) {
    const response = await patch({ contentFormat: chosen, payload: encode(chosen) });
    return { responseCode: expectCode(response, Code.CHANGED) };
  }
  const candidates = compositeFormats(registration, changes.some(isRemoval));
  const { result } = await withFormatFallback(
    endpoint,
    'composite',
    (refused) =>
      encodeFirst(
        candidates.filter((format) => !refused.includes(format)),
        encode,
      ),
    patch,
    (response) => response,
  );
  return { responseCode: expectCode(result, Code.CHANGED) };
}

function isRemoval({ value }: ResourceChange): boolean {
  return value === null;
}

/**
 * What a Write-Composite can say: values of Resources and Resource Instances, and removals below the root.
 *
 * @throws RangeError
 */
export function checkChanges(changes: readonly ResourceChange[]): void {
  if (changes.length === 0) throw new RangeError('a Write-Composite changes one path at least');
  for (const change of changes) {
    if (change.path.resourceId !== undefined) continue;
    if (isRemoval(change) && change.path.objectId !== undefined) continue;
    throw new RangeError('a Write-Composite writes Resources and Resource Instances');
  }
}
