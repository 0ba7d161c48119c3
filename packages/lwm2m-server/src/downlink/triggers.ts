import { pathOf, type ObjectNode } from '@flownexus/lwm2m-core';
import { Lwm2mServerError } from '../errors.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { DecodingContext } from './answer.ts';
import { performExecute } from './execute.ts';
import type { ExecuteOperation, OperationResult } from './operation.ts';
import { readPath } from './read.ts';
import { sharedBounds, type ExchangeBounds } from './request.ts';

const SERVER_OBJECT = 1;
const SHORT_SERVER_ID = 0;
const REGISTRATION_UPDATE_TRIGGER = 8;
const BOOTSTRAP_REQUEST_TRIGGER = 9;

/** The operation that has a device send an Update, or a Bootstrap-Request, for an instance of its Server Object (/1). */
export type Trigger = (serverInstanceId?: number) => ExecuteOperation;

/**
 * The Registration Update Trigger (/1/x/8) as an operation, for the durable queue; default instance 0. Where the instance is not known, `device.triggerUpdate`
 * finds it.
 *
 * @example
 * await server.operations.add('urn:imei:123456789012345', updateTrigger(), { key: 'update' });
 */
export const updateTrigger: Trigger = (serverInstanceId = 0) => trigger(serverInstanceId, REGISTRATION_UPDATE_TRIGGER);

/** The Bootstrap-Request Trigger (/1/x/9, since LwM2M 1.1) as an operation, as {@link updateTrigger}. */
export const bootstrapTrigger: Trigger = (serverInstanceId = 0) => trigger(serverInstanceId, BOOTSTRAP_REQUEST_TRIGGER);

function trigger(serverInstanceId: number, resourceId: number): ExecuteOperation {
  return { kind: 'execute', path: `/${SERVER_OBJECT}/${serverInstanceId}/${resourceId}` };
}

/** Executes a trigger at the instance of the Server Object that is about a server. The time limit is that of both exchanges. */
export async function performTrigger(
  endpoint: RegisteredEndpoint,
  operation: Trigger,
  shortServerId: number | undefined,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<OperationResult> {
  const rest = sharedBounds(context, bounds);
  const instanceId = await serverInstance(endpoint, shortServerId, context, rest());
  return performExecute(endpoint, operation(instanceId), context, rest());
}

/**
 * The instance of the Server Object that is about a server: the only one in the object list, else the one that has the Short Server ID, for which the
 * Object is read. Without an ID it is the only one that may be read, since a device that has several servers shows each its own (TS Core §8.1).
 *
 * @throws Lwm2mServerError `ERR_LWM2M_SERVER_NO_ACCOUNT` when it is none, or not the only one (as a rejection)
 */
async function serverInstance(
  endpoint: RegisteredEndpoint,
  shortServerId: number | undefined,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<number> {
  const [only, ...others] = endpoint.registration.instances.get(SERVER_OBJECT) ?? [];
  if (only !== undefined && others.length === 0) return only;
  const { node } = await readPath(endpoint, pathOf(SERVER_OBJECT), context, bounds);
  const fitting = node.kind === 'object' ? instancesFor(node, shortServerId) : [];
  const [found] = fitting;
  if (found !== undefined && fitting.length === 1) return found;
  const whose = shortServerId === undefined ? '' : ` with the Short Server ID ${shortServerId}`;
  const text = `${endpoint.endpointName} has ${fitting.length} instances of the Server Object${whose}, where one is needed`;
  throw new Lwm2mServerError('ERR_LWM2M_SERVER_NO_ACCOUNT', text);
}

function instancesFor({ instances }: ObjectNode, shortServerId: number | undefined): readonly number[] {
  const fitting = instances.filter(({ resources }) => {
    const id = resources.find((resource) => resource.id === SHORT_SERVER_ID);
    return shortServerId === undefined || (id?.kind === 'singleResource' && id.value === shortServerId);
  });
  return fitting.map(({ id }) => id);
}
