import { Code, type CoapReply } from '@flownexus/coap';
import {
  ContentFormat,
  formatAttributes,
  formatLinkFormat,
  formatPath,
  impliedObjectVersion,
  pathLevel,
  pathOf,
  type Link,
  type NotificationAttributes,
  type Path,
} from '@flownexus/lwm2m-core';
import { isInstances } from '../objects/content.ts';
import { isRestricted, speaks, type Device } from './device.ts';
import { badRequest, notAllowed, notFound, unauthorized } from './refuse.ts';

const encoder = new TextEncoder();

/**
 * The answer to a Discover (TS Core §6.3.2): the link of the path with all attributes in force for it, and those of what lies below, as
 * far as the depth goes, with the attributes that are attached to each.
 *
 * @throws Refusal
 */
export function discover(device: Device, path: Path, query: readonly string[]): CoapReply {
  const level = pathLevel(path);
  if (level === 0 || level === 4) throw notAllowed(`a Discover of ${formatPath(path)}`);
  if (isRestricted(path)) throw unauthorized();
  if (!device.tree.has(path)) throw notFound(formatPath(path));
  const links: Link[] = [link(device, path, device.attributes.effective(path))];
  addBelow(device, path, depthOf(device, level, query), links);
  return {
    code: Code.CONTENT,
    contentFormat: ContentFormat.LINK_FORMAT,
    payload: encoder.encode(formatLinkFormat(links)),
  };
}

/** How many levels below the path are listed: by default an Object's Resources, and what is next below of others. */
function depthOf(device: Device, level: number, query: readonly string[]): number {
  const [first, ...others] = query;
  if (first === undefined) {
    // LwM2M 1.0 has no paths of Resource Instances.
    return level === 1 ? 2 : level === 3 && !speaks(device, '1.1') ? 0 : 1;
  }
  const depth = /^depth=([0-3])$/.exec(first)?.[1];
  if (depth === undefined || others.length > 0 || !speaks(device, '1.2')) throw badRequest('a depth is 0, 1, 2 or 3');
  return Number(depth);
}

function addBelow(device: Device, path: Path, depth: number, links: Link[]): void {
  if (depth === 0) return;
  for (const child of childrenOf(device, path)) {
    links.push(link(device, child, device.attributes.attachedTo(child)));
    addBelow(device, child, depth - 1, links);
  }
}

function childrenOf({ tree }: Device, path: Path): Path[] {
  const { objectId = 0, objectInstanceId, resourceId, resourceInstanceId } = path;
  if (objectInstanceId === undefined) return tree.instanceIds(objectId).map((id) => pathOf(objectId, id));
  if (resourceId === undefined) {
    return tree.resourceIds(objectId, objectInstanceId).map((id) => pathOf(objectId, objectInstanceId, id));
  }
  const content = resourceInstanceId === undefined ? tree.content(path) : undefined;
  if (content === undefined || !isInstances(content)) return [];
  return [...content.keys()].sort((a, b) => a - b).map((id) => pathOf(objectId, objectInstanceId, resourceId, id));
}

function link({ tree, lwm2mVersion, rootPath }: Device, path: Path, attributes: NotificationAttributes): Link {
  const all: Record<string, string> = {};
  const { objectId = -1, objectInstanceId, resourceId, resourceInstanceId } = path;
  if (objectInstanceId === undefined) {
    const version = tree.definitions.object(objectId)?.version;
    if (version !== undefined && version !== impliedObjectVersion(lwm2mVersion, objectId)) all['ver'] = version;
  }
  if (resourceId !== undefined && resourceInstanceId === undefined) {
    const content = tree.content(path);
    if (content !== undefined && isInstances(content)) all['dim'] = String(content.size);
  }
  for (const item of formatAttributes(attributes)) {
    const [name = '', value = ''] = item.split('=');
    all[name] = value;
  }
  // TS Transport §6.4.1: links start with the alternate path.
  return { target: `${rootPath === '/' ? '' : rootPath}${formatPath(path)}`, attributes: all };
}
