import { Lwm2mError } from './errors.ts';

/**
 * A path of the LwM2M data model (TS Core §7.3). A field is set only when those before it are:
 * none is the root, `objectId` an Object, and so on down to the Resource Instance.
 */
export interface Path {
  readonly objectId: number | undefined;
  readonly objectInstanceId: number | undefined;
  readonly resourceId: number | undefined;
  readonly resourceInstanceId: number | undefined;
}

/** A path as callers may give it: parsed, or as text such as `/3/0/0`. */
export type PathLike = Path | string;

/** How many ids a path has: 0 the root, 1 an Object, 2 an Object Instance, 3 a Resource, 4 a Resource Instance. */
export type PathLevel = 0 | 1 | 2 | 3 | 4;

/** Ids are 16 bits wide. 65535 is reserved for instances (TS Core §7.2), yet it occurs, as in the null link. */
const MAX_ID = 65535;
const MAX_LEVELS = 4;

const SLASH = 0x2f;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

// Every path is made here, with the same fields in the same order, so that all of them share one hidden class.
function makePath(
  objectId: number | undefined,
  objectInstanceId: number | undefined,
  resourceId: number | undefined,
  resourceInstanceId: number | undefined,
): Path {
  return Object.freeze({ objectId, objectInstanceId, resourceId, resourceInstanceId });
}

/** The path `/`. */
export const ROOT_PATH: Path = makePath(undefined, undefined, undefined, undefined);

/**
 * Parses `/3/0/0`; the leading slash may be absent, and both the empty text and `/` are the root. Nothing else is
 * tolerated: no trailing slash, no empty segment, no sign, no leading zero, no id above 65535, no fifth level.
 *
 * @throws Lwm2mError `ERR_LWM2M_PATH`, naming the offset in characters
 */
export function parsePath(text: string): Path {
  let offset = text.charCodeAt(0) === SLASH ? 1 : 0;
  if (offset === text.length) return ROOT_PATH;
  let objectId: number | undefined;
  let objectInstanceId: number | undefined;
  let resourceId: number | undefined;
  let resourceInstanceId: number | undefined;
  for (let level = 0; ; level += 1) {
    if (level === MAX_LEVELS) throw pathError(`expected at most ${MAX_LEVELS} levels, found another`, offset);
    const start = offset;
    let id = 0;
    for (; offset < text.length; offset += 1) {
      const character = text.charCodeAt(offset);
      if (character === SLASH) break;
      if (character < DIGIT_0 || character > DIGIT_9)
        throw pathError('expected a digit, found another character', offset);
      if (offset > start && id === 0) throw pathError('expected an id without leading zeros', start);
      id = id * 10 + character - DIGIT_0;
      if (id > MAX_ID) throw pathError(`expected an id up to ${MAX_ID}, found a greater one`, start);
    }
    if (offset === start) throw pathError('expected an id, found an empty segment', offset);
    if (level === 0) objectId = id;
    else if (level === 1) objectInstanceId = id;
    else if (level === 2) resourceId = id;
    else resourceInstanceId = id;
    if (offset === text.length) break;
    offset += 1;
  }
  return makePath(objectId, objectInstanceId, resourceId, resourceInstanceId);
}

function pathError(message: string, offset: number): Lwm2mError {
  return new Lwm2mError('ERR_LWM2M_PATH', `${message} at offset ${offset}`);
}

/** The text of a path with its leading slash, `/` for the root. */
export function formatPath(path: Path): string {
  if (path.objectId === undefined) return '/';
  if (path.objectInstanceId === undefined) return `/${path.objectId}`;
  if (path.resourceId === undefined) return `/${path.objectId}/${path.objectInstanceId}`;
  const resource = `/${path.objectId}/${path.objectInstanceId}/${path.resourceId}`;
  return path.resourceInstanceId === undefined ? resource : `${resource}/${path.resourceInstanceId}`;
}

/** How many ids the path has. */
export function pathLevel(path: Path): PathLevel {
  if (path.objectId === undefined) return 0;
  if (path.objectInstanceId === undefined) return 1;
  if (path.resourceId === undefined) return 2;
  return path.resourceInstanceId === undefined ? 3 : 4;
}

/**
 * Makes a path from its ids.
 *
 * @throws RangeError when an id is not an integer of 0 to 65535, or is given though one before it is absent
 */
export function pathOf(
  objectId?: number,
  objectInstanceId?: number,
  resourceId?: number,
  resourceInstanceId?: number,
): Path {
  if (objectId === undefined && objectInstanceId === undefined && resourceId === undefined) {
    if (resourceInstanceId === undefined) return ROOT_PATH;
  }
  checkId(objectId, objectInstanceId !== undefined || resourceId !== undefined || resourceInstanceId !== undefined);
  checkId(objectInstanceId, resourceId !== undefined || resourceInstanceId !== undefined);
  checkId(resourceId, resourceInstanceId !== undefined);
  checkId(resourceInstanceId, false);
  return makePath(objectId, objectInstanceId, resourceId, resourceInstanceId);
}

function checkId(id: number | undefined, required: boolean): void {
  if (id === undefined) {
    if (required) throw new RangeError('a path can not skip a level');
  } else if (!Number.isInteger(id) || id < 0 || id > MAX_ID) {
    throw new RangeError(`a path is made of integers from 0 to ${MAX_ID}`);
  }
}

/**
 * The parsed path of either form.
 *
 * @throws Lwm2mError `ERR_LWM2M_PATH` when it is text that does not parse
 */
export function toPath(path: PathLike): Path {
  return typeof path === 'string' ? parsePath(path) : path;
}

/** True when `path` is `prefix` or lies below it. */
export function pathStartsWith(path: Path, prefix: Path): boolean {
  if (prefix.objectId === undefined) return true;
  if (prefix.objectId !== path.objectId) return false;
  if (prefix.objectInstanceId === undefined) return true;
  if (prefix.objectInstanceId !== path.objectInstanceId) return false;
  if (prefix.resourceId === undefined) return true;
  if (prefix.resourceId !== path.resourceId) return false;
  return prefix.resourceInstanceId === undefined || prefix.resourceInstanceId === path.resourceInstanceId;
}

/**
 * Orders paths by their ids as numbers, a parent before what lies below it; 0 when equal. Fits `Array.prototype.sort`.
 */
export function comparePaths(a: Path, b: Path): number {
  return (
    compareIds(a.objectId, b.objectId) ||
    compareIds(a.objectInstanceId, b.objectInstanceId) ||
    compareIds(a.resourceId, b.resourceId) ||
    compareIds(a.resourceInstanceId, b.resourceInstanceId)
  );
}

function compareIds(a: number | undefined, b: number | undefined): number {
  return (a ?? -1) - (b ?? -1);
}
