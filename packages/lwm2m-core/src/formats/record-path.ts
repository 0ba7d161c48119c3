import { formatPath, parsePath, pathStartsWith, withPrefix } from '../path.ts';
import type { Path, PathLevel } from '../path.ts';

/** The alternate path of a device as names start with it, with or without slashes at its ends: nothing where there is none. */
export function rootOf(rootPath: string | undefined): string {
  if (rootPath === undefined || rootPath === '' || rootPath === '/') return '';
  const end = rootPath.endsWith('/') ? rootPath.length - 1 : rootPath.length;
  return `${rootPath.startsWith('/') ? '' : '/'}${rootPath.slice(0, end)}`;
}

// A fleet of devices has few distinct names: looking one up takes a third of the time of parsing it.
const MAX_KNOWN_NAMES = 4096;
const MAX_KNOWN_NAME_LENGTH = 48;
const knownNames = new Map<string, Path>();

/**
 * The path that the resolved name of a record is of. Tolerated are a missing slash at the start, one slash at the end, as
 * of a base name without a name, and leading zeros of ids, as Wakaama's tests have them.
 *
 * @param root as {@link rootOf} gives it
 * @throws DecodeError `ERR_LWM2M_PATH`
 */
export function parseName(name: string, root: string): Path {
  const below = withoutRoot(name, root);
  const known = knownNames.get(below);
  if (known !== undefined) return known;
  const path = parsePath(tidy(below));
  if (below.length <= MAX_KNOWN_NAME_LENGTH) {
    if (knownNames.size === MAX_KNOWN_NAMES) knownNames.clear();
    // All records of that name have it from now on, so nobody may change it.
    knownNames.set(below, Object.freeze(path));
  }
  return path;
}

function withoutRoot(name: string, root: string): string {
  if (root === '') return name;
  const text = name.startsWith('/') ? name : `/${name}`;
  const isBelow = text.startsWith(root) && (text.length === root.length || text.charAt(root.length) === '/');
  return isBelow ? text.slice(root.length) : name;
}

function tidy(name: string): string {
  let text = name.startsWith('/') ? name : `/${name}`;
  if (text.length > 1 && text.endsWith('/')) text = text.slice(0, -1);
  return text.includes('/0') ? text.replaceAll(/\/0+(?=\d+(?:\/|$))/g, '/') : text;
}

/** What is left of the path below one of that level: nothing for a path of the level itself. */
export function nameBelow(level: PathLevel, path: Path): string {
  const { objectInstanceId, resourceId, resourceInstanceId } = path;
  if (level === 0) return formatPath(path).slice(1);
  if (level === 4 || resourceId === undefined) return '';
  if (level === 3) return resourceInstanceId === undefined ? '' : String(resourceInstanceId);
  const resource = level === 2 ? String(resourceId) : `${String(objectInstanceId)}/${String(resourceId)}`;
  return resourceInstanceId === undefined ? resource : `${resource}/${String(resourceInstanceId)}`;
}

/**
 * The path of a record when it is at or below the requested one, else undefined. A path without a prefix is of the
 * device that was asked: there are gateways that leave the prefix away (TS Gateway §6).
 */
export function withinRequest(path: Path, requested: Path): Path | undefined {
  const full = path.prefix === undefined && requested.prefix !== undefined ? withPrefix(path, requested.prefix) : path;
  return pathStartsWith(full, requested) ? full : undefined;
}
