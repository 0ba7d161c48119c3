import type { ObjectLink, ResourceValue } from '@flownexus/lwm2m-core';

/** What a Resource holds: one value, or the values of its Resource Instances by their ids. */
export type ResourceContent = ResourceValue | ReadonlyMap<number, ResourceValue>;

/** Whether the content is that of a multiple Resource. */
export function isInstances(content: ResourceContent): content is ReadonlyMap<number, ResourceValue> {
  return content instanceof Map;
}

/** Whether nothing would change if one took the place of the other. */
export function sameContent(a: ResourceContent, b: ResourceContent): boolean {
  if (!isInstances(a)) return !isInstances(b) && sameValue(a, b);
  if (!isInstances(b) || a.size !== b.size) return false;
  for (const [id, value] of a) {
    const other = b.get(id);
    if (other === undefined || !sameValue(value, other)) return false;
  }
  return true;
}

function sameValue(a: ResourceValue, b: ResourceValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return Object.is(a, b);
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array && a.length === b.length && a.every((byte, index) => byte === b[index]);
  }
  return !(b instanceof Uint8Array) && sameLink(a, b);
}

function sameLink(a: ObjectLink, b: ObjectLink): boolean {
  return a.objectId === b.objectId && a.objectInstanceId === b.objectInstanceId;
}
