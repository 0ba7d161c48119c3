import type { OperationResult } from '../downlink/operation.ts';
import { Lwm2mServerError, OperationRejectedError } from '../errors.ts';
import type { QueuedOperation } from '../queue/operation-store.ts';

/**
 * What came of an operation that is finished.
 *
 * @throws OperationRejectedError when the device has refused it, Lwm2mServerError `ERR_LWM2M_SERVER_FAILED` when it has failed otherwise, or is not finished
 */
export function operationResult({ result, failure, endpointName, state }: QueuedOperation): OperationResult {
  if (result !== undefined) return result;
  if (failure?.responseCode !== undefined) throw new OperationRejectedError(failure.responseCode, failure.message);
  const text =
    failure === undefined
      ? `the operation on ${endpointName} is ${state}`
      : `the operation on ${endpointName} failed: ${failure.reason}, ${failure.message}`;
  throw new Lwm2mServerError('ERR_LWM2M_SERVER_FAILED', text, { cause: failure });
}
