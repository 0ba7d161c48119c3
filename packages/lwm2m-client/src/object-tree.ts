import {
  formatPath,
  toPath,
  type DefinitionSource,
  type Lwm2mNode,
  type ObjectInstanceNode,
  type ObjectNode,
  type Path,
  type PathLike,
  type ResourceNode,
  type ResourceType,
  type ResourceValue,
} from '@flownexus/lwm2m-core';
import { limits } from './limits.ts';

/** What a Resource holds: one value, or the values of its Resource Instances by their ids. */
export type ResourceContent = ResourceValue | ReadonlyMap<number, ResourceValue>;

interface StoredResource {
  readonly type: ResourceType;
  content: ResourceContent;
}

type Instances = Map<number, Map<number, StoredResource>>;

/**
 * The data of a device: Objects, Object Instances and readable Resources. Types come from the object definitions, so
 * only Resources with a definition can be set.
 */
export class ObjectTree {
  readonly definitions: DefinitionSource;
  readonly #objects = new Map<number, Instances>();
  readonly #listeners = new Set<(path: Path) => void>();

  constructor(definitions: DefinitionSource) {
    this.definitions = definitions;
  }

  /**
   * Sets a Resource, making its Object Instance when there is none, and tells the listeners.
   * Throws `TypeError` for a path that names no Resource and for a Resource without a definition.
   */
  set(path: PathLike, content: ResourceContent): void {
    const { prefix, objectId, objectInstanceId, resourceId, resourceInstanceId } = toPath(path);
    if (
      prefix !== undefined ||
      objectId === undefined ||
      objectInstanceId === undefined ||
      resourceId === undefined ||
      resourceInstanceId !== undefined
    ) {
      throw new TypeError(`a Resource path is needed, not ${formatPath(toPath(path))}`);
    }
    const definition = this.definitions.resource(objectId, resourceId);
    if (definition === undefined)
      throw new TypeError(`no definition of Resource /${objectId}/${objectInstanceId}/${resourceId}`);
    const resources = this.#instance(objectId, objectInstanceId);
    const stored = resources.get(resourceId);
    if (stored === undefined) resources.set(resourceId, { type: definition.type, content });
    else stored.content = content;
    const changed = toPath(path);
    for (const listener of this.#listeners) listener(changed);
  }

  /** The data at a path, or undefined when there is none. */
  read(path: PathLike): Lwm2mNode | undefined {
    const { prefix, objectId, objectInstanceId, resourceId, resourceInstanceId } = toPath(path);
    if (prefix !== undefined) return undefined; // this device is no gateway
    if (objectId === undefined) return { kind: 'root', objects: this.#objectIds().map((id) => this.#objectNode(id)) };
    const instances = this.#objects.get(objectId);
    if (instances === undefined) return undefined;
    if (objectInstanceId === undefined) return this.#objectNode(objectId);
    const resources = instances.get(objectInstanceId);
    if (resources === undefined) return undefined;
    if (resourceId === undefined) return instanceNode(objectInstanceId, resources);
    const stored = resources.get(resourceId);
    if (stored === undefined) return undefined;
    const resource = resourceNode(resourceId, stored);
    if (resourceInstanceId === undefined) return resource;
    if (resource.kind === 'singleResource') return undefined;
    return resource.instances.find((instance) => instance.id === resourceInstanceId);
  }

  /** The paths of all Object Instances, and of Objects that have none: what a registration lists. */
  instancePaths(): readonly string[] {
    return this.#objectIds().flatMap((objectId) =>
      sortedIds(this.#objects.get(objectId)).map((instanceId) => `/${objectId}/${instanceId}`),
    );
  }

  /** Calls `listener` with the path of each Resource that is set. Returns what ends that. */
  onChange(listener: (path: Path) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #instance(objectId: number, objectInstanceId: number): Map<number, StoredResource> {
    const instances: Instances = this.#objects.get(objectId) ?? new Map<number, Map<number, StoredResource>>();
    this.#objects.set(objectId, instances);
    const known = instances.get(objectInstanceId);
    if (known !== undefined) return known;
    if (instances.size >= limits.instancesPerObject) {
      throw new RangeError(`Object ${objectId} has ${instances.size} instances already`);
    }
    const resources = new Map<number, StoredResource>();
    instances.set(objectInstanceId, resources);
    return resources;
  }

  #objectIds(): number[] {
    return sortedIds(this.#objects);
  }

  #objectNode(objectId: number): ObjectNode {
    const instances = this.#objects.get(objectId) ?? new Map<number, Map<number, StoredResource>>();
    return {
      kind: 'object',
      id: objectId,
      instances: [...instances].sort(byId).map(([id, resources]) => instanceNode(id, resources)),
    };
  }
}

function instanceNode(id: number, resources: ReadonlyMap<number, StoredResource>): ObjectInstanceNode {
  return {
    kind: 'objectInstance',
    id,
    resources: [...resources].sort(byId).map(([resourceId, stored]) => resourceNode(resourceId, stored)),
  };
}

function resourceNode(id: number, { type, content }: StoredResource): ResourceNode {
  if (!isInstances(content)) return { kind: 'singleResource', id, type, value: content };
  const instances = [...content].sort(byId);
  return {
    kind: 'multipleResource',
    id,
    type,
    instances: instances.map(([instanceId, value]) => ({ kind: 'resourceInstance', id: instanceId, type, value })),
  };
}

function isInstances(content: ResourceContent): content is ReadonlyMap<number, ResourceValue> {
  return content instanceof Map;
}

function sortedIds(map: ReadonlyMap<number, unknown> | undefined): number[] {
  return map === undefined ? [] : [...map.keys()].sort((a, b) => a - b);
}

function byId(a: readonly [number, unknown], b: readonly [number, unknown]): number {
  return a[0] - b[0];
}
