import { checkAttributes, parseAttributes, type AttributeChanges, type Path } from '@flownexus/lwm2m-core';
import { speaks, type Device } from './device.ts';
import { badRequest } from './refuse.ts';

/** What a server asks to observe (TS Core §6.4.1, §6.4.5). */
export interface ObservedPaths {
  /** One, or those of a composite. */
  readonly paths: readonly Path[];
  readonly composite: boolean;
  /** That of the notifications. */
  readonly contentFormat: number;
  /** The attributes of the Observe itself (LwM2M 1.2). */
  readonly attributes: AttributeChanges | undefined;
}

/**
 * The attributes in the query of an Observe, or with the root as the path of an Observe-Composite (TS Core 1.2 §6.4.1).
 *
 * @throws Refusal, Lwm2mError
 */
export function observeAttributes(device: Device, path: Path, query: readonly string[]): AttributeChanges | undefined {
  if (query.length === 0) return undefined;
  if (!speaks(device, '1.2')) throw badRequest('an Observe with attributes is of LwM2M 1.2');
  const attributes = parseAttributes(query);
  const { objectId = -1, resourceId } = path;
  const definition = resourceId === undefined ? undefined : device.tree.definitions.resource(objectId, resourceId);
  for (const { attribute, message } of checkAttributes(attributes, path, definition)) {
    if (attribute !== 'pmax') throw badRequest(`${attribute} ${message}`); // ignored when it is less than pmin
  }
  return attributes;
}
