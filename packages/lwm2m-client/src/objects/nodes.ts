import type {
  DefinitionSource,
  ObjectInstanceNode,
  ObjectNode,
  ResourceDefinition,
  ResourceNode,
} from '@flownexus/lwm2m-core';
import { isInstances, type ResourceContent } from './content.ts';
import type { ExecuteHandler } from './handlers.ts';

/** A Resource of the tree: its content, what runs when it is executed, or undefined when it can only be written. */
export type StoredResource = ResourceContent | readonly ExecuteHandler[] | undefined;

/** The Resources of an Object Instance by their ids. */
export type StoredInstance = ReadonlyMap<number, StoredResource>;

/** Which Resources a reader gets. */
export type ResourceFilter = (definition: ResourceDefinition) => boolean;

/** The content of a Resource; undefined when it has none. */
export function contentOf(stored: StoredResource): ResourceContent | undefined {
  return isHandlers(stored) ? undefined : stored;
}

/** What is executed; undefined when the Resource can not be. */
export function handlersOf(stored: StoredResource): readonly ExecuteHandler[] | undefined {
  return isHandlers(stored) ? stored : undefined;
}

function isHandlers(stored: StoredResource): stored is readonly ExecuteHandler[] {
  return Array.isArray(stored);
}

/** An Object, with those of its Resources that the filter lets through. */
export function objectNode(
  id: number,
  instances: ReadonlyMap<number, StoredInstance>,
  definitions: DefinitionSource,
  filter: ResourceFilter,
): ObjectNode {
  return {
    kind: 'object',
    id,
    instances: sortedIds(instances).map((instanceId) =>
      instanceNode(id, instanceId, instances.get(instanceId) ?? NO_RESOURCES, definitions, filter),
    ),
  };
}

const NO_RESOURCES: StoredInstance = new Map();

/** An Object Instance, with those of its Resources that the filter lets through. */
export function instanceNode(
  objectId: number,
  id: number,
  resources: StoredInstance,
  definitions: DefinitionSource,
  filter: ResourceFilter,
): ObjectInstanceNode {
  const nodes: ResourceNode[] = [];
  for (const resourceId of sortedIds(resources)) {
    const content = contentOf(resources.get(resourceId));
    const definition = definitions.resource(objectId, resourceId);
    if (content !== undefined && definition !== undefined && filter(definition))
      nodes.push(resourceNode(definition, content));
  }
  return { kind: 'objectInstance', id, resources: nodes };
}

/** A Resource with its content. */
export function resourceNode({ id, type }: ResourceDefinition, content: ResourceContent): ResourceNode {
  if (!isInstances(content)) return { kind: 'singleResource', id, type, value: content };
  const instances = [...content].sort((a, b) => a[0] - b[0]);
  return {
    kind: 'multipleResource',
    id,
    type,
    instances: instances.map(([instanceId, value]) => ({ kind: 'resourceInstance', id: instanceId, type, value })),
  };
}

/** The keys in ascending order. */
export function sortedIds(map: ReadonlyMap<number, unknown> | undefined): number[] {
  return map === undefined ? [] : [...map.keys()].sort((a, b) => a - b);
}
