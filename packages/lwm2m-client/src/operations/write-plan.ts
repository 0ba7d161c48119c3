import {
  checkValue,
  formatPath,
  pathOf,
  type Path,
  type ResourceDefinition,
  type ResourceNode,
  type ResourceValue,
} from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import { isInstances, type ResourceContent } from '../objects/content.ts';
import type { ObjectTree } from '../objects/object-tree.ts';
import { isRestricted } from './device.ts';
import { badRequest, notAllowed, notFound, unauthorized } from './refuse.ts';

/** A value on its way to a Resource, or a Resource Instance. */
export interface WrittenValue {
  readonly path: Path;
  readonly type: string;
  readonly value: ResourceValue;
}

interface PlannedWrite {
  readonly path: Path;
  content: ResourceContent | undefined;
}

/**
 * What one operation of a server writes: everything is looked at before anything is stored, so that it happens as a whole or not at
 * all (TS Core §6.3.3, §6.3.9).
 */
export class WritePlan {
  readonly #tree: ObjectTree;
  readonly #writes = new Map<string, PlannedWrite>();

  constructor(tree: ObjectTree) {
    this.#tree = tree;
  }

  /**
   * Looks whether a Resource may be written at all, before it is known what with.
   *
   * @throws Refusal 4.01, 4.04, 4.05
   */
  checkWritable(path: Path): void {
    this.#writable(path);
  }

  /**
   * A value for a Resource or Resource Instance; other Resource Instances stay.
   *
   * @throws Refusal 4.00, 4.01, 4.04, 4.05
   */
  value(written: WrittenValue): void {
    const resource = resourcePath(written.path);
    const definition = this.#writable(resource);
    const value = checked(written, definition);
    const { resourceInstanceId } = written.path;
    if (!definition.multiple) {
      if (resourceInstanceId !== undefined) throw badRequest(`${formatPath(resource)} has one value`);
      this.#plan(resource, value);
      return;
    }
    const present = this.#planned(resource);
    this.#planInstances(resource, new Map(present).set(resourceInstanceId ?? 0, value));
  }

  /**
   * A whole Resource, in the place of what it held, or with `partial` beside those of its Resource Instances that have other ids.
   *
   * @throws Refusal 4.00, 4.01, 4.04, 4.05
   */
  resource(path: Path, node: ResourceNode, partial: boolean): void {
    if (node.kind === 'singleResource') {
      this.value({ path, type: node.type, value: node.value });
      return;
    }
    const definition = this.#writable(path);
    if (!definition.multiple) throw badRequest(`${formatPath(path)} has one value`);
    const instances = new Map(partial ? this.#planned(path) : []);
    for (const { id, type, value } of node.instances) instances.set(id, checked({ path, type, value }, definition));
    this.#planInstances(path, instances);
  }

  /**
   * Takes a Resource Instance away.
   *
   * @throws Refusal 4.01, 4.04, 4.05
   */
  removal(path: Path): void {
    const resource = resourcePath(path);
    const definition = this.#writable(resource);
    const { resourceInstanceId } = path;
    if (resourceInstanceId === undefined || !definition.multiple) {
      throw notAllowed(`${formatPath(path)} is no Resource Instance that can be removed`);
    }
    const instances = new Map(this.#planned(resource));
    if (!instances.delete(resourceInstanceId)) throw notFound(formatPath(path));
    this.#plan(resource, instances);
  }

  /** Takes away what may be absent of an Object Instance and is not among what is written: a Write replaces it (TS Core §6.3.3). */
  replaceOthers(instance: Path): void {
    const { objectId = 0, objectInstanceId = 0 } = instance;
    for (const resourceId of this.#tree.resourceIds(objectId, objectInstanceId)) {
      const path = pathOf(objectId, objectInstanceId, resourceId);
      const definition = this.#tree.definitions.resource(objectId, resourceId);
      if (definition === undefined || definition.mandatory || !isWritable(definition)) continue;
      if (!this.#writes.has(formatPath(path))) this.#plan(path, undefined);
    }
  }

  /**
   * Asks the handlers, then stores.
   *
   * @throws Refusal when a handler refuses; whatever else a handler throws
   */
  commit(): void {
    for (const write of this.#writes.values()) this.#tree.writeHandler(write.path)?.(write);
    for (const { path, content } of this.#writes.values()) {
      if (content === undefined) this.#tree.remove(path);
      else this.#tree.set(path, content);
    }
  }

  #writable(path: Path): ResourceDefinition {
    const { objectId = -1, objectInstanceId = -1, resourceId = -1 } = path;
    if (path.prefix !== undefined) throw notFound(formatPath(path));
    if (isRestricted(path)) throw unauthorized();
    const definition = this.#tree.definitions.resource(objectId, resourceId);
    if (definition === undefined || !this.#tree.has(pathOf(objectId, objectInstanceId))) {
      throw notFound(formatPath(path));
    }
    if (!isWritable(definition)) throw notAllowed(`${formatPath(path)} can not be written`);
    return definition;
  }

  /** The Resource Instances as they will be by what is planned so far. */
  #planned(path: Path): ReadonlyMap<number, ResourceValue> {
    const planned = this.#writes.get(formatPath(path));
    const content = planned === undefined ? this.#tree.content(path) : planned.content;
    return content !== undefined && isInstances(content) ? content : new Map();
  }

  #planInstances(path: Path, instances: ReadonlyMap<number, ResourceValue>): void {
    if (instances.size > limits.resourceInstances) throw badRequest('too many Resource Instances');
    this.#plan(path, instances);
  }

  #plan(path: Path, content: ResourceContent | undefined): void {
    this.#writes.set(formatPath(path), { path, content });
  }
}

/** Whether servers may write a Resource (TS Core §6.3.3). */
export function isWritable({ operations }: ResourceDefinition): boolean {
  return operations === 'W' || operations === 'RW';
}

/** Gives the value when the Resource may have it; throws a `Refusal` 4.00 otherwise. */
export type CheckWritten = (written: WrittenValue, definition: ResourceDefinition) => ResourceValue;

/**
 * The value when it is one that the Resource may have.
 *
 * @throws Refusal 4.00
 */
export const checked: CheckWritten = (written, definition) => {
  const value = checkedType(written, definition);
  const deviation = checkValue(definition, value);
  if (deviation !== undefined) throw badRequest(`${formatPath(written.path)}: ${deviation}`);
  return value;
};

/**
 * The value when it is of the type of the Resource, in its range or not.
 *
 * @throws Refusal 4.00
 */
export const checkedType: CheckWritten = ({ path, type, value }, definition) => {
  if (type !== definition.type) throw badRequest(`${formatPath(path)} is of type ${definition.type}, not ${type}`);
  return value;
};

function resourcePath(path: Path): Path {
  const { objectId, objectInstanceId, resourceId } = path;
  if (path.resourceInstanceId === undefined || path.prefix !== undefined) return path;
  return pathOf(objectId, objectInstanceId, resourceId);
}
