import {
  formatLinkFormat,
  Lwm2mError,
  parseLinkFormat,
  readObjectList,
  type Link,
  type ObjectList,
  type RegisteredLink,
} from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import { badRequest } from './refusal-error.ts';

/**
 * Lists that were read last, by LwM2M version and bytes. Devices of one kind send the same list: it is parsed and held once. What is here
 * follows from its key alone, so that all servers of a process may have it in common.
 */
const shared = new Map<string, ObjectList>();
/** The last of them. */
let latestKey = '';
/** Links of all of them: a list of few bytes may have hundreds. */
let sharedLinks = 0;

/**
 * The object list that a payload says. Lists with the same bytes are one and the same value, which nobody can change.
 *
 * @throws RefusalError 4.00 when it does not parse or is too long
 */
export function objectListOf(payload: Uint8Array, lwm2mVersion: string): ObjectList {
  if (payload.length > limits.maxSharedObjectListBytes) {
    return keepable(objectListOfLinks(linksOf(payload), lwm2mVersion));
  }
  const key = `${lwm2mVersion} ${Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1')}`;
  const known = shared.get(key);
  if (known !== undefined) {
    if (key === latestKey) return known;
    shared.delete(key);
    shared.set(key, known);
    latestKey = key;
    return known;
  }
  const list = objectListOfLinks(linksOf(payload), lwm2mVersion);
  shared.set(key, list);
  latestKey = key;
  sharedLinks += list.links.length;
  for (const [oldest, { links }] of shared) {
    if (shared.size <= limits.maxSharedObjectLists && sharedLinks <= limits.maxSharedObjectListLinks) break;
    shared.delete(oldest);
    sharedLinks -= links.length;
  }
  return list;
}

/**
 * The links of a payload.
 *
 * @throws RefusalError 4.00 when it does not parse or is too long
 */
export function linksOf(payload: Uint8Array): readonly Link[] {
  let links: readonly Link[];
  try {
    links = parseLinkFormat(payload);
  } catch (error) {
    if (error instanceof Lwm2mError) throw badRequest(`the object list does not parse: ${error.message}`);
    throw error;
  }
  if (links.length > limits.maxLinks) throw badRequest('the object list has too many links');
  return links;
}

/** The object list that links say, as a value that nobody can change. */
export function objectListOfLinks(links: readonly Link[], lwm2mVersion: string): ObjectList {
  const list = readObjectList(links, lwm2mVersion);
  for (const link of list.links) {
    Object.freeze(link.attributes);
    Object.freeze(link);
  }
  Object.freeze(list.links);
  Object.freeze(list.contentFormats);
  for (const ids of list.instances.values()) Object.freeze(ids);
  return list;
}

/**
 * The list itself, if its text can be read again: stores keep that, and what is put together of profiles, or has attributes that need quotes, is longer there
 * than it was in any request.
 *
 * @throws RefusalError 4.00 when it is too long
 */
export function keepable(list: ObjectList): ObjectList {
  const isTooLong =
    list.links.length >= limits.maxLinks || Buffer.byteLength(formatObjectList(list)) > limits.maxObjectListBytes;
  if (isTooLong) throw badRequest('the object list is too long');
  return list;
}

/** The link format of an object list, as far as the rest does not follow from it: its links, and the root link if that says anything. */
export function formatObjectList({ rootPath, contentFormats, links }: ObjectList): string {
  const attributes = {
    ...(rootPath === '/' ? {} : { rt: 'oma.lwm2m' }),
    ...(contentFormats.length === 0 ? {} : { ct: contentFormats.join(' ') }),
  };
  const root: Link[] = Object.keys(attributes).length === 0 ? [] : [{ target: rootPath, attributes }];
  return formatLinkFormat([...root, ...links.map(({ path, attributes: own }) => ({ target: path, attributes: own }))]);
}

/** Whether two object lists say the same in the same order. */
export function sameObjectList(a: ObjectList, b: ObjectList): boolean {
  if (a.links === b.links && a.contentFormats === b.contentFormats) return true;
  return (
    a.rootPath === b.rootPath &&
    a.contentFormats.join() === b.contentFormats.join() &&
    a.links.length === b.links.length &&
    a.links.every((link, index) => sameLink(link, b.links[index]))
  );
}

function sameLink(a: RegisteredLink, b: RegisteredLink | undefined): boolean {
  if (a === b) return true;
  if (a.path !== b?.path) return false;
  const names = Object.keys(a.attributes);
  return (
    names.length === Object.keys(b.attributes).length &&
    names.every((name) => a.attributes[name] === b.attributes[name])
  );
}
