import { Code } from '@flownexus/coap';
import {
  formatPath,
  parsePath,
  pathLevel,
  pathOf,
  UNASSIGNED_INSTANCE_ID,
  withPrefix,
  type Path,
} from '@flownexus/lwm2m-core';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { expectCode, type DecodingContext } from './answer.ts';
import type { CreateOperation, OperationResult } from './operation.ts';
import { requester, type ExchangeBounds } from './request.ts';
import { rootSegments, targetPath, uriPath } from './target.ts';
import { sendNode } from './write.ts';

/**
 * Create (TS Core §6.3.6): POST to the Object. A device that has the instance already may take the values as a Write of it (Zephyr does), and
 * answer 2.04: the instance is there as it was asked for, so that is a success too, and the code says which.
 */
export async function performCreate(
  endpoint: RegisteredEndpoint,
  { path: text, instance, contentFormat }: CreateOperation,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<OperationResult> {
  const path = targetPath(text, 'create');
  const send = requester(endpoint, context, bounds);
  const { rootPath } = endpoint.registration;
  const response = await sendNode(endpoint, { node: instance, path, contentFormat }, context, (encoded) =>
    send({ method: Code.POST, path: uriPath(rootPath, path), ...encoded }),
  );
  const responseCode = expectCode(response, Code.CREATED, Code.CHANGED);
  const created = locatedInstance(response.locationPath, rootPath, path) ?? askedInstance(path, instance.id);
  return created === undefined ? { responseCode } : { responseCode, createdPath: formatPath(created) };
}

function askedInstance(path: Path, id: number): Path | undefined {
  return id === UNASSIGNED_INSTANCE_ID ? undefined : withPrefix(pathOf(path.objectId, id), path.prefix);
}

/**
 * The new instance that a Location-Path names, with the root path of the device in front of it or not; the same with the prefix
 * of a device behind a gateway. What is no instance of the Object is none: many devices send no Location, and Zephyr never does.
 */
function locatedInstance(location: readonly string[], rootPath: string, object: Path): Path | undefined {
  const root = rootSegments(rootPath);
  const isBelowRoot = root.every((segment, index) => segment === location[index]);
  let located: Path;
  try {
    located = parsePath((isBelowRoot ? location.slice(root.length) : location).join('/'));
  } catch {
    return undefined;
  }
  if (pathLevel(located) !== 2 || located.objectId !== object.objectId) return undefined;
  if (located.prefix !== undefined && located.prefix !== object.prefix) return undefined;
  return withPrefix(located, object.prefix);
}
