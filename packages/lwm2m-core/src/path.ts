import { DecodeError } from './errors.ts';
import { MAX_PREFIX_LENGTH } from './limits.ts';

/**
 * A path of the LwM2M data model (TS Core §7.3). An id is set only when those before it are:
 * none is the root, `objectId` an Object, and so on down to the Resource Instance.
 */
export interface Path {
  /** Of a device behind a gateway its prefix (TS Gateway §6.1), `d01` in `/d01/3303/0`; else undefined. */
  readonly prefix: string | undefined;
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

// Every path is made here, with the same fields in the same order, so that all of them share one hidden class. Not frozen:
// that takes three times as long as making one, and payloads have a path per value.
function makePath(
  prefix: string | undefined,
  objectId: number | undefined,
  objectInstanceId: number | undefined,
  resourceId: number | undefined,
  resourceInstanceId: number | undefined,
): Path {
  return { prefix, objectId, objectInstanceId, resourceId, resourceInstanceId };
}

/** The path `/`. */
export const ROOT_PATH: Path = Object.freeze(makePath(undefined, undefined, undefined, undefined, undefined));

/** The characters that a prefix may have (the unreserved ones of RFC 3986 §2.3), one letter at least. */
const PREFIX = /^[\w.~-]*[A-Za-z][\w.~-]*$/;

/**
 * Parses `/3/0/0`, or `/d01/3303/0` of a device behind a gateway; the leading slash may be absent, and both the empty text
 * and `/` are the root. Nothing else is tolerated: no trailing slash, no empty segment, no sign, no leading zero, no id
 * above 65535, no fifth level, no prefix alone.
 *
 * @throws DecodeError `ERR_LWM2M_PATH`, with the offset in characters
 */
export function parsePath(text: string): Path {
  let offset = text.charCodeAt(0) === SLASH ? 1 : 0;
  if (offset === text.length) return ROOT_PATH;
  const prefix = readPrefix(text, offset);
  if (prefix !== undefined) offset += prefix.length + 1;
  let objectId: number | undefined;
  let objectInstanceId: number | undefined;
  let resourceId: number | undefined;
  let resourceInstanceId: number | undefined;
  for (let level = 0; ; level += 1) {
    if (level === MAX_LEVELS) throw pathError(`at most ${MAX_LEVELS} levels`, 'another', offset);
    const start = offset;
    let id = 0;
    for (; offset < text.length; offset += 1) {
      const character = text.charCodeAt(offset);
      if (character === SLASH) break;
      if (character < DIGIT_0 || character > DIGIT_9) throw pathError('a digit', 'another character', offset);
      if (offset > start && id === 0) throw pathError('an id without leading zeros', 'zeros', start);
      id = id * 10 + character - DIGIT_0;
      if (id > MAX_ID) throw pathError(`an id up to ${MAX_ID}`, 'a greater one', start);
    }
    if (offset === start) throw pathError('an id', 'an empty segment', offset);
    if (level === 0) objectId = id;
    else if (level === 1) objectInstanceId = id;
    else if (level === 2) resourceId = id;
    else resourceInstanceId = id;
    if (offset === text.length) break;
    offset += 1;
  }
  return makePath(prefix, objectId, objectInstanceId, resourceId, resourceInstanceId);
}

/** The first of several segments when it can be no id. */
function readPrefix(text: string, start: number): string | undefined {
  const end = text.indexOf('/', start);
  if (end < 0 || end - start > MAX_PREFIX_LENGTH) return undefined;
  const segment = text.slice(start, end);
  return PREFIX.test(segment) ? segment : undefined;
}

/** True for what may be the prefix of a device behind a gateway. */
export function isPrefix(text: string): boolean {
  return text.length <= MAX_PREFIX_LENGTH && PREFIX.test(text);
}

function pathError(expected: string, found: string, offset: number): DecodeError {
  return new DecodeError('ERR_LWM2M_PATH', expected, found, offset);
}

/** The text of a path with its leading slash, `/` for the root. */
export function formatPath(path: Path): string {
  const prefix = path.prefix === undefined ? '' : `/${path.prefix}`;
  if (path.objectId === undefined) return prefix === '' ? '/' : prefix;
  if (path.objectInstanceId === undefined) return `${prefix}/${path.objectId}`;
  if (path.resourceId === undefined) return `${prefix}/${path.objectId}/${path.objectInstanceId}`;
  const resource = `${prefix}/${path.objectId}/${path.objectInstanceId}/${path.resourceId}`;
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
  return makePath(undefined, objectId, objectInstanceId, resourceId, resourceInstanceId);
}

/**
 * The same path of the device that has this prefix behind its gateway; of the gateway itself without one.
 *
 * @throws RangeError for a prefix that has no letter, or other characters than letters, digits and `-._~`
 */
export function withPrefix(path: Path, prefix: string | undefined): Path {
  if (prefix === path.prefix) return path;
  if (prefix !== undefined && !isPrefix(prefix)) {
    throw new RangeError('a prefix has a letter, and else letters, digits and -._~');
  }
  return makePath(prefix, path.objectId, path.objectInstanceId, path.resourceId, path.resourceInstanceId);
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
 * @throws DecodeError `ERR_LWM2M_PATH` when it is text that does not parse
 */
export function toPath(path: PathLike): Path {
  return typeof path === 'string' ? parsePath(path) : path;
}

/** True when `path` is `base` or lies below it. Everything lies below the root, devices behind a gateway too. */
export function pathStartsWith(path: Path, base: Path): boolean {
  if (base.prefix !== path.prefix) return base.prefix === undefined && base.objectId === undefined;
  if (base.objectId === undefined) return true;
  if (base.objectId !== path.objectId) return false;
  if (base.objectInstanceId === undefined) return true;
  if (base.objectInstanceId !== path.objectInstanceId) return false;
  if (base.resourceId === undefined) return true;
  if (base.resourceId !== path.resourceId) return false;
  return base.resourceInstanceId === undefined || base.resourceInstanceId === path.resourceInstanceId;
}

/**
 * Orders paths by their prefixes, none first, then by their ids as numbers, a parent before what lies below it; 0 when
 * equal. Fits `Array.prototype.sort`.
 */
export function comparePaths(a: Path, b: Path): number {
  return (
    comparePrefixes(a.prefix, b.prefix) ||
    compareIds(a.objectId, b.objectId) ||
    compareIds(a.objectInstanceId, b.objectInstanceId) ||
    compareIds(a.resourceId, b.resourceId) ||
    compareIds(a.resourceInstanceId, b.resourceInstanceId)
  );
}

function comparePrefixes(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

function compareIds(a: number | undefined, b: number | undefined): number {
  return (a ?? -1) - (b ?? -1);
}
