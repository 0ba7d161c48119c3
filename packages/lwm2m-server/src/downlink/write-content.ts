import {
  formatPath,
  pathLevel,
  type DefinitionSource,
  type Lwm2mNode,
  type Path,
  type ResourceNode,
  type ResourceType,
  type ResourceValue,
} from '@flownexus/lwm2m-core';
import type { WriteContent } from '../api/device.ts';

/**
 * The node that is written to a path. A value, or values by the ids of Resource Instances or Resources, get the types that the definitions
 * have.
 *
 * @throws TypeError for a value without a known type, and for content that is not of the level of the path
 */
export function nodeOfContent(content: WriteContent, path: Path, definitions: DefinitionSource): Lwm2mNode {
  if (isNode(content)) return content;
  const level = pathLevel(path);
  const { objectInstanceId = 0, resourceId = 0, resourceInstanceId = 0 } = path;
  if (level === 2) {
    if (isValueMap(content)) {
      const resources = [...content].map(([id, value]): ResourceNode => {
        return { kind: 'singleResource', id, ...typed(value, { ...path, resourceId: id }, definitions) };
      });
      return { kind: 'objectInstance', id: objectInstanceId, resources: inOrder(resources) };
    }
    if (isResourceList(content)) {
      return { kind: 'objectInstance', id: objectInstanceId, resources: inOrder(content) };
    }
  } else if (level === 3) {
    if (isValueMap(content)) return multipleResource(resourceId, content, path, definitions);
    if (!isResourceList(content))
      return { kind: 'singleResource', id: resourceId, ...typed(content, path, definitions) };
  } else if (level === 4 && !isValueMap(content) && !isResourceList(content)) {
    return { kind: 'resourceInstance', id: resourceInstanceId, ...typed(content, path, definitions) };
  }
  throw new TypeError(`the content is not what can be at ${formatPath(path)}`);
}

function multipleResource(
  id: number,
  values: ReadonlyMap<number, ResourceValue>,
  path: Path,
  definitions: DefinitionSource,
): ResourceNode {
  const type = typeOf(path, definitions, values.values().next().value);
  const instances = [...values].map(([instanceId, value]) => {
    return { kind: 'resourceInstance', id: instanceId, type, value } as const;
  });
  return { kind: 'multipleResource', id, type, instances: inOrder(instances) };
}

function typed(
  value: ResourceValue,
  path: Path,
  definitions: DefinitionSource,
): { readonly type: ResourceType; readonly value: ResourceValue } {
  return { type: typeOf(path, definitions, value), value };
}

function typeOf(path: Path, definitions: DefinitionSource, value: ResourceValue | undefined): ResourceType {
  const { objectId = 0, resourceId = 0 } = path;
  const declared = definitions.resource(objectId, resourceId)?.type;
  if (declared === undefined) {
    throw new TypeError(`${formatPath(path)} has no definition: a node says of which type its value is`);
  }
  // An executable Resource has no type, and it is for the device to refuse to be written to there.
  return declared === 'none' && value !== undefined ? typeShownBy(value) : declared;
}

function typeShownBy(value: ResourceValue): ResourceType {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'bigint':
      return 'integer';
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'float';
    default:
      return value instanceof Uint8Array ? 'opaque' : 'objlnk';
  }
}

/** In ascending order of their ids, as nodes have what is in them. */
export function inOrder<T extends { readonly id: number }>(nodes: readonly T[]): readonly T[] {
  return nodes.toSorted((a, b) => a.id - b.id);
}

function isNode(content: WriteContent): content is Lwm2mNode {
  return typeof content === 'object' && 'kind' in content;
}

function isValueMap(content: WriteContent): content is ReadonlyMap<number, ResourceValue> {
  return content instanceof Map;
}

function isResourceList(content: WriteContent): content is readonly ResourceNode[] {
  return Array.isArray(content);
}
