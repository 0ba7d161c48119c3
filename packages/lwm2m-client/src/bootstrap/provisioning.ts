import { formatPath, pathOf, pathStartsWith, type Path } from '@flownexus/lwm2m-core';
import type { ObjectTree } from '../objects/object-tree.ts';
import { bootstrapAccount } from './security-account.ts';

/** TS Core §6.1.7: the Device Object is not affected by a Bootstrap-Delete. */
const DEVICE = pathOf(3, 0);

/** What a bootstrap changes of a tree, which can be put back as it was. */
export class Provisioning {
  readonly #tree: ObjectTree;
  readonly #restores = new Map<number, () => void>();

  constructor(tree: ObjectTree) {
    this.#tree = tree;
  }

  /** Has to be called before an Object is changed. */
  keep(objectId: number): void {
    if (!this.#restores.has(objectId)) this.#restores.set(objectId, this.#tree.remember(objectId));
  }

  /** Puts everything back. */
  undo(): void {
    for (const restore of this.#restores.values()) restore();
    this.#restores.clear();
  }

  /** What was changed stays. */
  accept(): void {
    this.#restores.clear();
  }

  /**
   * Removes the Object Instances at or below a path but for those that always stay: the bootstrap account with what belongs to it, the
   * Device Object, and instances that the application has declared unchangeable.
   */
  removeInstances(path: Path): void {
    const account = bootstrapAccount(this.#tree);
    const kept = new Set(
      [DEVICE, account && pathOf(0, account.instanceId), account?.oscore].map((each) => each && formatPath(each)),
    );
    for (const objectId of this.#tree.objectIds()) {
      if (this.#tree.optionsOf(objectId)?.changeable === false) continue;
      for (const id of this.#tree.instanceIds(objectId)) {
        const instance = pathOf(objectId, id);
        if (!pathStartsWith(instance, path) || kept.has(formatPath(instance))) continue;
        this.keep(objectId);
        this.#tree.remove(instance);
      }
    }
  }
}
