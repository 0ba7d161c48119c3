import {
  ContentFormat,
  describeContentFormat,
  formatLinkFormat,
  impliedObjectVersion,
  type Link,
} from '@flownexus/lwm2m-core';
import type { ObjectTree } from '../objects/object-tree.ts';
import type { Capabilities } from '../operations/device.ts';

/** Objects of bootstrap and security: they are never listed (TS Core §6.2.1). */
const NEVER_LISTED: ReadonlySet<number> = new Set([0, 21, 23, 24]);

/** The resource type of an alternate path (TS Transport §6.4.1). */
const ROOT_RESOURCE_TYPE = 'oma.lwm2m';

/** What a registration lists (TS Core §6.2.1). */
export interface ObjectListOptions extends Omit<Capabilities, 'contentFormats'> {
  /** The Content-Formats in the `ct` of the root link; none: no `ct`. */
  readonly announcedFormats: readonly number[];
  /** The Objects; undefined: all. */
  readonly objectIds?: readonly number[] | undefined;
}

/**
 * The object list of a Register or Update in link format: the root with its formats, Object Instances, Objects without one, and the
 * versions of Objects that the LwM2M version does not imply. Empty when there is nothing to list.
 */
export function objectList(tree: ObjectTree, options: ObjectListOptions): string {
  const { lwm2mVersion, rootPath, announcedFormats, objectIds = tree.objectIds() } = options;
  const below = rootPath === '/' ? '' : rootPath;
  const links: Link[] = [];
  if (announcedFormats.length > 0 || below !== '') {
    const type = below === '' ? {} : { rt: ROOT_RESOURCE_TYPE };
    const formats = announcedFormats.length === 0 ? {} : { ct: announcedFormats.join(' ') };
    links.push({ target: rootPath, attributes: { ...type, ...formats } });
  }
  for (const objectId of objectIds) {
    if (NEVER_LISTED.has(objectId)) continue;
    links.push(...objectLinks(tree, objectId, lwm2mVersion, below));
  }
  return formatLinkFormat(links);
}

/**
 * The links of an Object and its instances: that of the Object itself where it has no instance, or a version that the LwM2M version does
 * not imply. `below` is the alternate path, or nothing.
 */
export function objectLinks(tree: ObjectTree, objectId: number, lwm2mVersion: string, below: string): Link[] {
  const links: Link[] = [];
  const version = tree.definitions.object(objectId)?.version;
  const isImplied = version === undefined || version === impliedObjectVersion(lwm2mVersion, objectId);
  const instanceIds = tree.instanceIds(objectId);
  if (!isImplied || instanceIds.length === 0) {
    links.push({ target: `${below}/${objectId}`, attributes: isImplied ? {} : { ver: version } });
  }
  for (const id of instanceIds) links.push({ target: `${below}/${objectId}/${id}`, attributes: {} });
  return links;
}

/**
 * The formats that a device announces: those for trees of values and for composites among what it was said to have; else of LwM2M 1.1
 * SenML CBOR, as Zephyr does, of 1.0 none.
 */
export function announcedFormats(
  { lwm2mVersion, contentFormats }: Pick<Capabilities, 'lwm2mVersion' | 'contentFormats'>,
  areGiven: boolean,
): readonly number[] {
  if (areGiven || lwm2mVersion === '1.2') {
    return contentFormats.filter((each) => describeContentFormat(each)?.values !== 'one').sort((a, b) => a - b);
  }
  return lwm2mVersion === '1.1' ? [ContentFormat.SENML_CBOR] : [];
}
