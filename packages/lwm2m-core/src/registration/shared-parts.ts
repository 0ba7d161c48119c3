import { MAX_SHARED_LINKS, MAX_SHARED_VERSION_MAPS, MAX_SHARED_VERSIONS } from '../limits.ts';
import type { RegisteredLink } from './registered-link.ts';

// Hundreds of thousands of object lists have mostly the same links, instances and versions: each of those is one value, which nobody can
// change. What is here follows from its key alone.

const links = new Map<string, RegisteredLink>();
const versionMaps = new Map<string, ReadonlyMap<number, string>>();

const NO_IDS: readonly number[] = Object.freeze([]);
const ONLY_0: readonly number[] = Object.freeze([0]);

/** The link of a path. Those without attributes are shared. */
export function registeredLink(path: string, attributes: RegisteredLink['attributes']): RegisteredLink {
  if (!isEmpty(attributes)) return { path, attributes };
  let link = links.get(path);
  if (link === undefined) {
    if (links.size >= MAX_SHARED_LINKS) links.clear();
    link = Object.freeze({ path, attributes: Object.freeze(attributes) });
    links.set(path, link);
  }
  return link;
}

function isEmpty(attributes: RegisteredLink['attributes']): boolean {
  for (const _name in attributes) return false;
  return true;
}

/** Ids in an array that is no longer than they are. */
export function instanceIds(ids: readonly number[]): readonly number[] {
  if (ids.length === 0) return NO_IDS;
  return ids.length === 1 && ids[0] === 0 ? ONLY_0 : ids.slice();
}

/** The versions of Objects. Maps of a few are shared. */
export function objectVersionMap(
  versions: readonly (readonly [objectId: number, version: string])[],
): ReadonlyMap<number, string> {
  if (versions.length > MAX_SHARED_VERSIONS) return new Map(versions);
  let key = '';
  for (const [objectId, version] of versions) key += `${objectId}:${version} `;
  let map = versionMaps.get(key);
  if (map === undefined) {
    if (versionMaps.size >= MAX_SHARED_VERSION_MAPS) versionMaps.clear();
    map = new Map(versions);
    versionMaps.set(key, map);
  }
  return map;
}
