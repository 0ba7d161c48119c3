import type { OperationBounds } from '../queue/downlink-turns.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { DecodingContext } from './answer.ts';
import type {
  CancelObservationOperation,
  ObserveCompositeOperation,
  ObserveOperation,
  Operation,
  OperationResult,
} from './operation.ts';
import { performOperation } from './perform.ts';

/** Observations that stand for themselves: no caller takes their notifications. */
export interface KeptObservations {
  /** Observes for as long as the endpoint is registered, and after each Register anew. */
  keep(
    endpoint: RegisteredEndpoint,
    operation: ObserveOperation | ObserveCompositeOperation,
    bounds: OperationBounds,
  ): Promise<OperationResult>;
  cancelKept(
    endpoint: RegisteredEndpoint,
    operation: CancelObservationOperation,
    bounds: OperationBounds,
  ): Promise<OperationResult>;
}

/** Performs an operation of any kind, as `performOperation` does: sends at once and waits for nobody. */
export async function performAny(
  endpoint: RegisteredEndpoint,
  operation: Operation,
  context: DecodingContext & { readonly observations: KeptObservations },
  bounds: OperationBounds,
): Promise<OperationResult> {
  switch (operation.kind) {
    case 'observe':
    case 'observeComposite':
      return context.observations.keep(endpoint, operation, bounds);
    case 'cancelObservation':
      return context.observations.cancelKept(endpoint, operation, bounds);
    default:
      return performOperation(endpoint, operation, context, bounds);
  }
}
