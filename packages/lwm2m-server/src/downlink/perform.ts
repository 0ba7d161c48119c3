import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { DecodingContext } from './answer.ts';
import { performCreate } from './create.ts';
import { performDelete } from './delete.ts';
import { performDiscover } from './discover.ts';
import { performExecute } from './execute.ts';
import type { ObservingOperation, Operation, OperationResult } from './operation.ts';
import { performRequest } from './raw-request.ts';
import { performReadComposite } from './read-composite.ts';
import { performRead } from './read.ts';
import type { ExchangeBounds } from './request.ts';
import { performWriteAttributes } from './write-attributes.ts';
import { performWriteComposite } from './write-composite.ts';
import { performWrite } from './write.ts';

/**
 * Performs an operation that one exchange, or a second in another format, completes. Sends at once and waits for nobody.
 *
 * Rejects with `OperationRejectedError` for 4.xx and 5.xx, except of a `request`, and with `Lwm2mServerError` for what else may happen
 * to an exchange. RangeError, TypeError and `Lwm2mError` are for what has no form: then nothing was sent.
 */
export async function performOperation(
  endpoint: RegisteredEndpoint,
  operation: Exclude<Operation, ObservingOperation>,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<OperationResult> {
  switch (operation.kind) {
    case 'read':
      return performRead(endpoint, operation, context, bounds);
    case 'write':
      return performWrite(endpoint, operation, context, bounds);
    case 'writeAttributes':
      return performWriteAttributes(endpoint, operation, context, bounds);
    case 'execute':
      return performExecute(endpoint, operation, context, bounds);
    case 'create':
      return performCreate(endpoint, operation, context, bounds);
    case 'delete':
      return performDelete(endpoint, operation, context, bounds);
    case 'discover':
      return performDiscover(endpoint, operation, context, bounds);
    case 'readComposite':
      return performReadComposite(endpoint, operation, context, bounds);
    case 'writeComposite':
      return performWriteComposite(endpoint, operation, context, bounds);
    case 'request':
      return performRequest(endpoint, operation, context, bounds);
  }
}
