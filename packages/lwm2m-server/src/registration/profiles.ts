import { Code } from '@flownexus/coap';
import { Lwm2mError, parseLinkFormat, type Link, type ObjectList } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import { keepable, objectListOfLinks } from './object-lists.ts';
import { RefusalError } from './refusal-error.ts';
import { weightOfLinks } from './weight.ts';

/**
 * What Profile IDs stand for (LwM2M 1.2, TS Core §6.2.1): object lists that a device needs not send.
 *
 * The operator says it for all devices. What is not said a device teaches: it is refused with 4.09, registers with its list
 * and the Profile ID, and may leave the list out from then on. That counts for this endpoint alone. A Profile ID is a hash of something that
 * no specification writes down, so nobody can check what a device says it stands for, and one must not decide what others have.
 */
export class Profiles {
  readonly #mapped = new Map<string, readonly Link[]>();
  /** By endpoint name, the one used longest ago first: the Profile IDs that the operator does not know, and their links. */
  readonly #learnt = new Map<string, { readonly ids: string; readonly links: readonly Link[] }>();
  #learntLinks = 0;

  /** @throws TypeError for an object list that is none */
  constructor(mapped: Readonly<Record<string, string>> = {}) {
    for (const [id, list] of Object.entries(mapped)) this.#mapped.set(id, parseProfile(id, list));
  }

  /**
   * The object list of an endpoint that registers with Profile IDs: its own links, and those that the profiles stand for.
   *
   * @throws RefusalError 4.09 when a profile is not known and there are no links to learn it from, 4.00 when all of them together are too long a list
   */
  resolve(endpointName: string, profileIds: readonly string[], own: readonly Link[], lwm2mVersion: string): ObjectList {
    const links = [...own]; // first, since of a link that occurs twice the first counts
    const unknown: string[] = [];
    for (const id of profileIds) {
      const profile = this.#mapped.get(id);
      if (profile === undefined) unknown.push(id);
      else links.push(...profile);
    }
    if (unknown.length > 0) links.push(...this.#learn(endpointName, unknown.join(' '), own));
    return keepable(objectListOfLinks(links, lwm2mVersion));
  }

  /** What an endpoint has taught, or teaches now, of Profile IDs that the operator does not know. */
  #learn(endpointName: string, ids: string, own: readonly Link[]): readonly Link[] {
    const learnt = this.#learnt.get(endpointName);
    const links = learnt?.ids === ids ? learnt.links : own;
    if (!links.some(isObjectLink)) {
      throw new RefusalError(Code.CONFLICT, 'the profile is not known: register with the object list');
    }
    this.#forget(endpointName);
    this.#remember(endpointName, ids, links);
    return links;
  }

  #remember(endpointName: string, ids: string, links: readonly Link[]): void {
    this.#learnt.set(endpointName, { ids, links });
    this.#learntLinks += weightOfLinks(links);
    for (const oldest of this.#learnt.keys()) {
      if (this.#learnt.size <= limits.maxLearntProfiles && this.#learntLinks <= limits.maxLearntProfileLinks) return;
      this.#forget(oldest);
    }
  }

  #forget(endpointName: string): void {
    this.#learntLinks -= weightOfLinks(this.#learnt.get(endpointName)?.links ?? []);
    this.#learnt.delete(endpointName);
  }
}

function isObjectLink({ target }: Link): boolean {
  return /\/[0-9]+$/.test(target);
}

function parseProfile(id: string, list: string): readonly Link[] {
  try {
    return parseLinkFormat(list);
  } catch (error) {
    if (error instanceof Lwm2mError) throw new TypeError(`the profile ${id} is no object list: ${error.message}`);
    throw error;
  }
}
