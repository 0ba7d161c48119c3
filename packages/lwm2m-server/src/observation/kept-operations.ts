import { parsePath } from '@flownexus/lwm2m-core';
import type {
  CancelObservationOperation,
  ObserveCompositeOperation,
  ObserveOperation,
  OperationResult,
} from '../downlink/operation.ts';
import type { ExchangeBounds } from '../downlink/request.ts';
import { Lwm2mServerError } from '../errors.ts';
import { cancelResult } from './cancel-result.ts';
import type { EndpointObservations } from './endpoint-observations.ts';
import { firstAnswer } from './first-answer.ts';
import type { WantedObservation } from './observation-policy.ts';
import { compositeTarget, singleTarget, type ObservationTarget, type ObservationTerms } from './observation-target.ts';
import type { TargetObservation } from './target-observation.ts';
import { withBounds } from './with-bounds.ts';

/** Where nothing had to be asked, as a device would have answered. */
export const NOTHING_ASKED: OperationResult = { responseCode: '2.05' };

/** What a queued operation asks to observe. @throws Lwm2mError `ERR_LWM2M_PATH` */
export function wantedBy(operation: ObserveOperation | ObserveCompositeOperation): WantedObservation {
  const { attributes, accept } = operation;
  const terms = {
    ...(attributes === undefined ? {} : { attributes }),
    ...(accept === undefined ? {} : { accept }),
  };
  if (operation.kind === 'observe') return { target: singleTarget(parsePath(operation.path)), terms };
  const { paths, contentFormat } = operation;
  const target = compositeTarget(paths.map(parsePath));
  return { target, terms: contentFormat === undefined ? terms : { ...terms, contentFormat } };
}

/** What a queued operation asks to cancel. @throws Lwm2mError `ERR_LWM2M_PATH` */
export function cancelledBy({ paths, composite }: CancelObservationOperation): ObservationTarget {
  if (composite) return compositeTarget(paths.map(parsePath));
  const [path = ''] = paths;
  return singleTarget(parsePath(path));
}

/**
 * Establishes an observation that a queued operation asked for, or reads the present value where it is established already. Resolves when the store knows of
 * it. Rejects with `OperationRejectedError` or `Lwm2mServerError`: then it is as before.
 */
export async function keep(
  observations: EndpointObservations,
  observation: TargetObservation,
  terms: ObservationTerms,
  bounds: ExchangeBounds,
): Promise<OperationResult> {
  const { target, context } = observation;
  const before = observation.kept;
  let over = false;
  observation.kept = terms;
  try {
    const { signal = new AbortController().signal } = bounds;
    const first = firstAnswer(observation, { terms, signal, isOver: () => over });
    const { notification } = await withBounds(first, bounds, context.timers);
    if (!(await observation.record())) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_STORE', `the observation of ${target.name} could not be stored`);
    }
    const { contentFormat, node, records } = notification;
    return { responseCode: '2.05', contentFormat, node, records };
  } catch (error) {
    over = true;
    if (observation.kept === terms) observation.kept = before;
    void observation.record();
    observations.settle(observation);
    throw error;
  }
}

/** Ends an observation that is kept no more, at the device where nobody else wants it. */
export async function cancelKept(
  observations: EndpointObservations,
  observation: TargetObservation,
  bounds: ExchangeBounds,
): Promise<OperationResult> {
  observation.kept = undefined;
  if (observation.wanted) {
    void observation.record();
    observations.settle(observation);
    return NOTHING_ASKED;
  }
  const response = await observations.cancelBy(observation, () => observation.cancel(bounds));
  return response === undefined ? NOTHING_ASKED : cancelResult(observation, response);
}
