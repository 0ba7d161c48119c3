import { pathLevel, toPath, type Path, type PathLike } from '@flownexus/lwm2m-core';

/**
 * The Uri-Path of a request for `path` at a device: the segments of its root path come first (TS Transport §6.4.1), then
 * the prefix of a device behind it (TS Gateway §6.1).
 */
export function uriPath(rootPath: string, path: Path): string[] {
  const segments: string[] = [];
  if (rootPath !== '/') for (const segment of rootPath.slice(1).split('/')) segments.push(decodeURIComponent(segment));
  if (path.prefix !== undefined) segments.push(path.prefix);
  for (const id of [path.objectId, path.objectInstanceId, path.resourceId, path.resourceInstanceId]) {
    if (id === undefined) break;
    segments.push(String(id));
  }
  return segments;
}

/**
 * The path of a Read or Observe: any but the root, which only composite operations have.
 *
 * @throws RangeError for the root
 * @throws Lwm2mError `ERR_LWM2M_PATH` for text that does not parse
 */
export function readablePath(path: PathLike): Path {
  const parsed = toPath(path);
  if (pathLevel(parsed) === 0) throw new RangeError('the path of a Read or Observe names at least an Object');
  return parsed;
}
