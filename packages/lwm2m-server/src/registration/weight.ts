import type { Link, RegisteredLink } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import type { Registration } from './registration.ts';

/** What of a registration a device may make as long as it likes. */
export type Weighty = Pick<Registration, 'links' | 'rootPath' | 'additionalParameters'>;

/** The memory that a registration takes, in links: its links, and one for each so many characters of what else it holds. */
export function weightOf({ links, rootPath, additionalParameters }: Weighty): number {
  const characters = rootPath.length + charactersIn(additionalParameters);
  return weightOfLinks(links) + Math.floor(characters / limits.charactersPerLink);
}

/** How much more a registration takes than the one that it replaces. Most Updates change nothing of it. */
export function growthOf(next: Weighty, previous: Weighty): number {
  const isSame =
    next.links === previous.links &&
    next.rootPath === previous.rootPath &&
    next.additionalParameters === previous.additionalParameters;
  return isSame ? 0 : weightOf(next) - weightOf(previous);
}

/** The memory that links take, in links without attributes. */
export function weightOfLinks(links: readonly (Link | RegisteredLink)[]): number {
  let characters = 0;
  for (const link of links) {
    // The path of a registered link is always short, and the target of another mostly.
    const target = 'target' in link ? link.target.length : 0;
    characters += charactersIn(link.attributes) + Math.max(0, target - limits.charactersPerLink);
  }
  return links.length + Math.floor(characters / limits.charactersPerLink);
}

function charactersIn(texts: Readonly<Record<string, string | true>>): number {
  let characters = 0;
  for (const name in texts) {
    const value = texts[name];
    characters += name.length + (typeof value === 'string' ? value.length : 0);
  }
  return characters;
}
