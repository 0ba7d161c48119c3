import { formatPath, parsePath, pathStartsWith, withPrefix } from '../path.ts';
import type { Path } from '../path.ts';

/** The alternate path of a device as names start with it: nothing where there is none. */
export function rootOf(rootPath: string | undefined): string {
  return rootPath === undefined || rootPath === '/' ? '' : rootPath;
}

/**
 * The path that the resolved name of a record is of. Tolerated are a missing slash at the start, one slash at the end, as
 * of a base name without a name, and leading zeros of ids, as Wakaama's tests have them.
 *
 * @throws DecodeError `ERR_LWM2M_PATH`
 */
export function parseName(name: string, rootPath: string | undefined): Path {
  const root = rootOf(rootPath);
  let text = name.startsWith('/') ? name : `/${name}`;
  if (text.startsWith(root)) text = text.slice(root.length);
  if (text.length > 1 && text.endsWith('/')) text = text.slice(0, -1);
  if (text.includes('/0')) text = text.replaceAll(/\/0+(?=\d+(?:\/|$))/g, '/');
  return parsePath(text);
}

/** What is left of the path when `base`, at or above it, goes in front: nothing for the base itself. */
export function nameBelow(base: Path, path: Path): string {
  const baseText = formatPath(base);
  return formatPath(path).slice(baseText === '/' ? 1 : baseText.length + 1);
}

/**
 * The path of a record when it is at or below the requested one, else undefined. A path without a prefix is of the
 * device that was asked: there are gateways that leave the prefix away (TS Gateway §6).
 */
export function withinRequest(path: Path, requested: Path): Path | undefined {
  const full = path.prefix === undefined ? withPrefix(path, requested.prefix) : path;
  return pathStartsWith(full, requested) ? full : undefined;
}
