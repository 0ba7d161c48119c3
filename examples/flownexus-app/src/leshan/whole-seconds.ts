import type { Lwm2mNode, ObjectInstanceNode, ResourceNode, ResourceType, ResourceValue } from '@flownexus/lwm2m-core';

/**
 * A node that is written, with its times in whole seconds, as LwM2M has them on the wire (TS Core, Appendix C). Callers give milliseconds, of which a
 * Leshan server drops what is less than a second.
 */
export function inWholeSeconds(node: Lwm2mNode): Lwm2mNode {
  switch (node.kind) {
    case 'root':
    case 'object':
      return node; // nothing writes these
    case 'objectInstance':
      return ofInstance(node);
    case 'singleResource':
    case 'multipleResource':
      return ofResource(node);
    case 'resourceInstance':
      return ofValue(node);
  }
}

function ofInstance(node: ObjectInstanceNode): ObjectInstanceNode {
  return { ...node, resources: node.resources.map(ofResource) };
}

function ofResource(node: ResourceNode): ResourceNode {
  return node.kind === 'singleResource' ? ofValue(node) : { ...node, instances: node.instances.map(ofValue) };
}

function ofValue<T extends { readonly type: ResourceType; readonly value: ResourceValue }>(node: T): T {
  if (node.type !== 'time' || typeof node.value !== 'number') return node;
  return { ...node, value: Math.trunc(node.value) + 0 };
}
