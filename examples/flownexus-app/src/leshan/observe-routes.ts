import { formatPath, parsePath } from '@flownexus/lwm2m-core';
import {
  Lwm2mServerError,
  type DeviceObservation,
  type Operation,
  type OperationResult,
} from '@flownexus/lwm2m-server';
import type { Request, Response, Router } from 'express';
import { answer, deviceCall, performAndAnswer, type DeviceCall } from './call.ts';
import { compositeFormats, compositeJson } from './composite-routes.ts';
import { checkingInput, LeshanError } from './leshan-error.ts';
import { LeshanObservations, type ObservedPaths } from './observations.ts';
import { contentJson } from './operation-routes.ts';
import type { LeshanOptions } from './options.ts';
import { formatOf, pathsOf, queryOf } from './query.ts';
import type { ResponseJson } from './response-json.ts';
import { addRoute, pathOf } from './routes.ts';

/** Observe, Observe-Composite, and their ends. */
export function addObserveRoutes(router: Router, options: LeshanOptions): void {
  const observations = new LeshanObservations(options.log);
  addRoute(router, '/clients/:ep/composite/observe', options, {
    POST: {
      permission: 'operate',
      action: 'observeComposite',
      handler: (request, response) => observeComposite(request, response, deviceCall(request, options), observations),
    },
    DELETE: {
      permission: 'operate',
      action: 'cancelObservation',
      handler: async (request, response) =>
        cancel(await compositeTarget(request), response, deviceCall(request, options), observations),
    },
  });
  addRoute(router, '/clients/:ep/*path/observe', options, {
    POST: {
      permission: 'operate',
      action: 'observe',
      handler: (request, response) => observe(request, response, deviceCall(request, options), observations),
    },
    DELETE: {
      permission: 'operate',
      action: 'cancelObservation',
      handler: async (request, response) =>
        cancel(await singleTarget(request), response, deviceCall(request, options), observations),
    },
  });
}

async function observe(
  request: Request,
  response: Response,
  call: DeviceCall,
  observations: LeshanObservations,
): Promise<string> {
  const target = await singleTarget(request);
  const [path = ''] = target.paths;
  const { device, timeoutMs } = call;
  const accept = formatOf(call.query, 'format') ?? null; // without one none is asked for
  observations.checkPlaceFor(device.endpointName, target);
  const observation = await checkingInput(() => device.observe(path, { accept, timeoutMs }));
  return establish(observation, { kind: 'read', path, accept }, target, { response, call, observations });
}

async function observeComposite(
  request: Request,
  response: Response,
  call: DeviceCall,
  observations: LeshanObservations,
): Promise<string> {
  const target = await compositeTarget(request);
  const { paths } = target;
  const { device, timeoutMs } = call;
  const formats = compositeFormats(call.query);
  observations.checkPlaceFor(device.endpointName, target);
  const observation = await checkingInput(() => device.observeComposite(paths, { ...formats, timeoutMs }));
  return establish(observation, { kind: 'readComposite', paths, ...formats }, target, { response, call, observations });
}

/** Answers with the first value. A device that has one, but does not observe, is read: nothing is kept of it. */
async function establish(
  observation: DeviceObservation,
  instead: Operation,
  target: ObservedPaths,
  { response, call, observations }: { response: Response; call: DeviceCall; observations: LeshanObservations },
): Promise<string> {
  const toJson = (result: OperationResult): ResponseJson => targetJson(result, target, call);
  try {
    return await answer(response, async () => {
      const { contentFormat, node, records } = await checkingInput(() => observation.established);
      observations.add(call.device.endpointName, target, observation);
      return toJson({ responseCode: '2.05', contentFormat, node, records });
    });
  } catch (error) {
    if (!(error instanceof Lwm2mServerError) || error.code !== 'ERR_LWM2M_SERVER_NOT_OBSERVED') throw error;
    return performAndAnswer(call, instead, response, toJson);
  }
}

/** Actively the device is asked, and its answer is ours; passively its next notification is answered with a Reset. */
async function cancel(
  target: ObservedPaths,
  response: Response,
  call: DeviceCall,
  observations: LeshanObservations,
): Promise<string> {
  const { timeoutMs, device, query } = call;
  const observation = observations.take(device.endpointName, target);
  if (observation === undefined) throw new LeshanError(404, `no observation for path ${target.paths.join(',')}`);
  if (!query.has('active')) {
    await observation.cancel({ passive: true });
    response.end();
    return 'done';
  }
  return answer(response, async () => {
    // Where somebody else observes the same the device is not asked.
    const result = (await observation.cancel({ timeoutMs })) ?? { responseCode: '2.05' };
    return targetJson(result, target, call);
  });
}

function targetJson(result: OperationResult, { paths, composite }: ObservedPaths, call: DeviceCall): ResponseJson {
  return composite && result.records !== undefined ? compositeJson(result, paths, call) : contentJson(result);
}

function singleTarget(request: Request): Promise<ObservedPaths> {
  return checkingInput(() => ({ paths: [normal(pathOf(request))], composite: false }));
}

function compositeTarget(request: Request): Promise<ObservedPaths> {
  return checkingInput(() => ({ paths: pathsOf(queryOf(request)).map(normal), composite: true }));
}

/** A path as it is written usually, so that it is found again. */
function normal(path: string): string {
  return formatPath(parsePath(path));
}
