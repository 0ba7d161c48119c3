import {
  parseLinkFormat,
  parsePath,
  pathOf,
  readObjectList,
  type ObjectInstanceNode,
  type ObjectList,
  type ResourceValue,
} from '@flownexus/lwm2m-core';
import type { IotDevice } from '../api/gateway.ts';
import { limits } from '../limits.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { DecodingContext } from './answer.ts';
import { readPath } from './read.ts';
import type { ExchangeBounds } from './request.ts';

const GATEWAY = 25;
const DEVICE_ID = 0;
const PREFIX = 1;
const IOT_DEVICE_OBJECTS = 3;

/**
 * Reads the Gateway Object, and remembers for the registration which Object versions the devices have: what is read of them afterwards is
 * decoded with these. An instance without a prefix that can be one is left out.
 */
export async function readGateway(
  endpoint: RegisteredEndpoint,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<readonly IotDevice[]> {
  const { node } = await readPath(endpoint, pathOf(GATEWAY), context, bounds);
  const { lwm2mVersion } = endpoint.registration;
  const instances = node.kind === 'object' ? node.instances : [];
  const devices = instances
    .flatMap((instance) => iotDeviceOf(instance, lwm2mVersion) ?? [])
    .slice(0, limits.maxIotDevicesPerGateway);
  endpoint.iotObjectVersions = new Map(devices.map(({ prefix, objects }) => [prefix, objects.objectVersions]));
  return devices;
}

function iotDeviceOf(instance: ObjectInstanceNode, lwm2mVersion: string): IotDevice | undefined {
  const prefix = textOf(instance, PREFIX);
  if (prefix === undefined || !isPrefix(prefix)) return undefined;
  return {
    objectInstanceId: instance.id,
    deviceId: textOf(instance, DEVICE_ID),
    prefix,
    objects: objectListOf(textOf(instance, IOT_DEVICE_OBJECTS) ?? '', lwm2mVersion),
  };
}

/** Versions that the list does not state are those of the gateway's LwM2M version, as it speaks for its devices (TS Gateway §6.2). */
function objectListOf(links: string, lwm2mVersion: string): ObjectList {
  try {
    return readObjectList(parseLinkFormat(links), lwm2mVersion);
  } catch {
    return readObjectList([], lwm2mVersion); // not a list of links: of this device nothing is known
  }
}

function textOf({ resources }: ObjectInstanceNode, resourceId: number): string | undefined {
  const resource = resources.find(({ id }) => id === resourceId);
  const value: ResourceValue | undefined = resource?.kind === 'singleResource' ? resource.value : undefined;
  return typeof value === 'string' ? value : undefined;
}

function isPrefix(text: string): boolean {
  try {
    return parsePath(`/${text}/0`).prefix === text;
  } catch {
    return false;
  }
}
