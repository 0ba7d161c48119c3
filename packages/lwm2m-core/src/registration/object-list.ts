import type { Link } from '../link-format/link.ts';
import { MAX_ROOT_CONTENT_FORMATS, MAX_ROOT_PATH_SEGMENTS } from '../limits.ts';
import { impliedObjectVersion } from '../registry/implied-versions.ts';
import { isVersion } from '../registry/object-version.ts';
import type { RegisteredLink } from './registered-link.ts';
import { instanceIds, objectVersionMap, registeredLink } from './shared-parts.ts';

/** What the object list of a Register or Update says (TS Core §6.2.1, TS Transport §6.4.1). */
export interface ObjectList {
  /** The alternate path, `/` without one; percent escapes are not resolved. */
  readonly rootPath: string;
  /** The Content-Formats of the root link's `ct`; empty when it has none. */
  readonly contentFormats: readonly number[];
  readonly links: readonly RegisteredLink[];
  /** Object ids to the versions the device has, stated or implied (TS Core §7.2.2). */
  readonly objectVersions: ReadonlyMap<number, string>;
  /** Object ids to the ids of their instances, in ascending order. */
  readonly instances: ReadonlyMap<number, readonly number[]>;
}

/** Objects of bootstrap and security: no server may list or touch them (TS Core §6.2.1). */
const NEVER_LISTED: ReadonlySet<number> = new Set([0, 21, 23, 24]);
const MAX_OBJECT_ID = 65_534;
/** 65535 is reserved (TS Core §7.1). */
const MAX_OBJECT_INSTANCE_ID = 65_534;
const ROOT_RESOURCE_TYPE = 'oma.lwm2m';

/**
 * Reads the links of an object list. Links that name neither the root, an Object nor an Object Instance are ignored:
 * a device may have other resources beside LwM2M. Where a link occurs twice the first counts.
 *
 * The version of an Object is the `ver` of its link, else of an instance's, else what the LwM2M version implies. The
 * Objects of an IoT device behind a gateway are never registered, but their list (/25/x/3) reads the same.
 *
 * @param lwm2mVersion decides the versions of Objects whose link has no `ver`
 *
 * @example
 * ```ts
 * const { objectVersions } = readObjectList(parseLinkFormat('</>;ct=112,</3>;ver=1.2,</3/0>,</5/0>'), '1.1');
 * const definitions = registry.forVersions(objectVersions);
 * definitions.object(3)?.version; // '1.2', as it says
 * definitions.object(5)?.version; // '1.0', as LwM2M 1.1 implies
 * ```
 */
export function readObjectList(links: readonly Link[], lwm2mVersion: string): ObjectList {
  const root = findRoot(links);
  const rootPath = root?.target ?? '/';
  const registered = new Map<string, RegisteredLink>();
  const instances = new Map<number, number[]>();
  const statedVersions = new Map<number, string>();
  for (const link of links) {
    const target = objectTarget(link.target, rootPath);
    if (target === undefined || NEVER_LISTED.has(target.objectId)) continue;
    const { path } = target;
    if (registered.has(path)) continue;
    registered.set(path, registeredLink(path, link.attributes));
    let ids = instances.get(target.objectId);
    if (ids === undefined) instances.set(target.objectId, (ids = []));
    if (target.objectInstanceId !== undefined) ids.push(target.objectInstanceId);
    const version = link.attributes['ver'];
    // The version belongs to the Object's link, or to that of an only instance (TS Core §7.2.3); the former wins.
    if (typeof version === 'string' && isVersion(version)) {
      if (target.objectInstanceId === undefined || !statedVersions.has(target.objectId)) {
        statedVersions.set(target.objectId, version);
      }
    }
  }
  const versions: (readonly [number, string])[] = [];
  const sorted = new Map<number, readonly number[]>();
  for (const [objectId, ids] of instances) {
    sorted.set(objectId, instanceIds(ids.sort((a, b) => a - b)));
    versions.push([objectId, statedVersions.get(objectId) ?? impliedObjectVersion(lwm2mVersion, objectId)]);
  }
  return {
    rootPath,
    contentFormats: readContentFormats(root?.attributes['ct']),
    links: [...registered.values()].slice(), // as long as it has to be
    objectVersions: objectVersionMap(versions),
    instances: sorted,
  };
}

/** The link with `rt="oma.lwm2m"`; without one the link of `/`, whose `rt` may be absent. */
function findRoot(links: readonly Link[]): Link | undefined {
  let plain: Link | undefined;
  for (const link of links) {
    const resourceTypes = link.attributes['rt'];
    if (typeof resourceTypes === 'string' && resourceTypes.split(' ').includes(ROOT_RESOURCE_TYPE)) {
      if (isPossibleRoot(link.target)) return link;
    }
    if (link.target === '/') plain ??= link;
  }
  return plain;
}

/** A root path has no numeric segments, lest it be mistaken for an Object (TS Transport §6.4.1). */
function isPossibleRoot(target: string): boolean {
  if (target === '/') return true;
  const segments = target.slice(1).split('/');
  return segments.length <= MAX_ROOT_PATH_SEGMENTS && segments.every(isRootSegment);
}

function isRootSegment(segment: string): boolean {
  if (/^[0-9]+$/.test(segment) || segment.includes('?')) return false;
  try {
    const decoded = decodeURIComponent(segment);
    // RFC 7252 §5.10.1: a Uri-Path segment is neither of these, and up to 255 bytes long.
    return decoded !== '.' && decoded !== '..' && utf8Length(decoded) <= 255;
  } catch {
    return false; // the escapes are no UTF-8: no request could ever name this path
  }
}

/** Throws a URIError for a lone surrogate. */
function utf8Length(text: string): number {
  return encodeURIComponent(text).replaceAll(/%../g, '.').length;
}

interface ObjectTarget {
  readonly objectId: number;
  readonly objectInstanceId: number | undefined;
  /** As text, below the root path. */
  readonly path: string;
}

function objectTarget(target: string, rootPath: string): ObjectTarget | undefined {
  // Below an alternate path both `</lwm2m/1/0>` and `</1/0>` occur.
  const path = rootPath !== '/' && target.startsWith(`${rootPath}/`) ? target.slice(rootPath.length) : target;
  const match = /^\/(0|[1-9][0-9]{0,4})(?:\/(0|[1-9][0-9]{0,4}))?$/.exec(path);
  if (match === null) return undefined;
  const objectId = Number(match[1]);
  const objectInstanceId = match[2] === undefined ? undefined : Number(match[2]);
  if (objectId > MAX_OBJECT_ID || (objectInstanceId ?? 0) > MAX_OBJECT_INSTANCE_ID) return undefined;
  return { objectId, objectInstanceId, path };
}

/** `ct=112` or `ct="110 112"`; what is no Content-Format number is ignored. */
function readContentFormats(value: string | true | undefined): readonly number[] {
  if (value === undefined || value === true) return [];
  const formats = new Set<number>();
  for (const text of value.split(' ')) {
    if (/^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535) formats.add(Number(text));
    if (formats.size >= MAX_ROOT_CONTENT_FORMATS) break;
  }
  return [...formats].slice(); // as long as it has to be
}
