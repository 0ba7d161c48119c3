import type { PathLike } from '@flownexus/lwm2m-core';
import type { ResourceContent } from '../objects/content.ts';
import type { ObjectTree } from '../objects/object-tree.ts';

/** The Objects of accounts. */
const OF_ACCOUNTS: readonly number[] = [0, 1, 2, 21];

/** Puts what a smartcard holds in the place of all accounts (TS Core §6.1.3); nothing when there is none. */
export function takeSmartcard(
  tree: ObjectTree,
  contents: Iterable<readonly [path: PathLike, content: ResourceContent]> | undefined,
): void {
  if (contents === undefined) return;
  for (const objectId of OF_ACCOUNTS) {
    for (const id of tree.instanceIds(objectId)) tree.remove(`/${objectId}/${id}`);
  }
  for (const [path, content] of contents) tree.set(path, content);
}
