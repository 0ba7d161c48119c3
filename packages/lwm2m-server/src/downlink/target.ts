import { pathLevel, parsePath, toPath, type Path, type PathLevel, type PathLike } from '@flownexus/lwm2m-core';

/** The Uri-Path segments of the root path of a device: none for `/`. */
export function rootSegments(rootPath: string): string[] {
  if (rootPath === '/') return [];
  return rootPath
    .slice(1)
    .split('/')
    .map((segment) => decodeURIComponent(segment));
}

/**
 * The Uri-Path of a request for `path` at a device: the segments of its root path come first (TS Transport §6.4.1), then
 * the prefix of a device behind it (TS Gateway §6.1).
 */
export function uriPath(rootPath: string, path: Path): string[] {
  const segments = rootSegments(rootPath);
  if (path.prefix !== undefined) segments.push(path.prefix);
  for (const id of [path.objectId, path.objectInstanceId, path.resourceId, path.resourceInstanceId]) {
    if (id === undefined) break;
    segments.push(String(id));
  }
  return segments;
}

/**
 * The path of an Observe: any but the root, which only composite operations have.
 *
 * @throws RangeError for the root
 * @throws Lwm2mError `ERR_LWM2M_PATH` for text that does not parse
 */
export function readablePath(path: PathLike): Path {
  const parsed = toPath(path);
  if (pathLevel(parsed) === 0) throw new RangeError('the path of an Observe names at least an Object');
  return parsed;
}

/*
 * Where operations have a form at all. Whether a device takes them there is for the device to say: a Delete of an Object is
 * sent, but not an Execute of an Object, since a POST to an Object is a Create (TS Core §6.3).
 */

type Rule = readonly [levels: readonly PathLevel[], rule: string];

const LEVELS: Readonly<Record<'write' | 'update' | 'writeAttributes' | 'execute' | 'create' | 'delete', Rule>> = {
  write: [[1, 2, 3, 4], 'a Write is of an Object Instance, a Resource or a Resource Instance'],
  update: [[2, 3, 4], 'a partial update is of an Object Instance, a Resource or a Resource Instance'],
  writeAttributes: [[1, 2, 3, 4], 'a Write-Attributes names at least an Object'],
  execute: [[3], 'an Execute is of a Resource'],
  create: [[1], 'a Create names an Object'],
  delete: [[1, 2, 3, 4], 'a Delete names at least an Object'],
};

/**
 * The path of an operation, of a level that the operation has a form for.
 *
 * @throws RangeError for another level
 * @throws Lwm2mError `ERR_LWM2M_PATH` for text that does not parse
 */
export function targetPath(path: string, operation: keyof typeof LEVELS): Path {
  const parsed = parsePath(path);
  const [levels, rule] = LEVELS[operation];
  if (!levels.includes(pathLevel(parsed))) throw new RangeError(rule);
  return parsed;
}
