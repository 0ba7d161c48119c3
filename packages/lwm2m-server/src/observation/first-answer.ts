import { formatPath } from '@flownexus/lwm2m-core';
import type { Notification } from '../api/observation.ts';
import type { ContentResult } from '../downlink/operation.ts';
import { performOperation } from '../downlink/perform.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { ObservationTerms } from './observation-target.ts';
import type { TargetObservation } from './target-observation.ts';

/** What is told to one who observes before anything else. */
export interface FirstAnswer {
  readonly notification: Notification;
  /** The observation was there already: the value was read, and the handler has not seen it. */
  readonly shared: boolean;
}

export interface FirstAnswerOptions {
  /** How it is wanted. */
  readonly terms: ObservationTerms;
  /** Bounds of the Read, where the observation is there already. Its establishment is shared with others and has no bounds. */
  readonly signal: AbortSignal;
  /** Whether nobody waits for it any more. */
  readonly isOver: () => boolean;
}

/** Establishes an observation as it is wanted now, or joins in, or reads the present value where it is established. */
export async function firstAnswer(
  observation: TargetObservation,
  { terms, signal, isOver }: FirstAnswerOptions,
): Promise<FirstAnswer> {
  while (!observation.isReady()) {
    try {
      const notification = await observation.establish();
      // Not ready: it was under way with other attributes than are wanted.
      if (observation.isReady() || terms.attributes === undefined || isOver()) return { notification, shared: false };
    } catch (error) {
      // The device moved meanwhile: it is asked again at its new address.
      if (!isOvertaken(error) || observation.endpoint.ended || isOver()) throw error;
    }
  }
  return { notification: await readPresent(observation, signal), shared: true };
}

/**
 * No second Observe: clients keep one observation per path, and a new one would replace it. A GET or FETCH without Observe leaves it in place
 * (RFC 7641 §3.6) and tells the present value.
 */
async function readPresent(
  { target, terms, endpoint, context }: TargetObservation,
  signal: AbortSignal,
): Promise<Notification> {
  const { path, paths, composite } = target;
  const { accept, contentFormat } = terms;
  const operation = {
    ...(composite
      ? { kind: 'readComposite' as const, paths: paths.map(formatPath) }
      : { kind: 'read' as const, path: formatPath(path) }),
    ...(accept === undefined ? {} : { accept }),
    ...(composite && contentFormat !== undefined ? { contentFormat } : {}),
  };
  const result = (await performOperation(endpoint, operation, context, { signal })) as ContentResult;
  return {
    registration: endpoint.registration,
    path,
    paths,
    composite,
    contentFormat: result.contentFormat,
    node: result.node,
    records: result.records,
    initial: true,
    fresh: true,
    receivedAt: context.clock.wallTime(),
  };
}

function isOvertaken(error: unknown): boolean {
  return error instanceof Lwm2mServerError && error.code === 'ERR_LWM2M_SERVER_REGISTRATION_ENDED';
}
