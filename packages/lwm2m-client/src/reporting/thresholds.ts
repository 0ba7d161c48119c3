import type { NotificationAttributes, ResourceValue } from '@flownexus/lwm2m-core';
import { isInstances, sameContent, type ResourceContent } from '../objects/content.ts';

/**
 * Whether a Resource, or Resource Instance, has changed in a way that is to be notified (TS Core §5.1.2): in any way, unless there are
 * thresholds. `previous` is what was notified last, for an edge what was before. Of a multiple Resource one instance suffices.
 */
export function isNotable(
  attributes: NotificationAttributes,
  previous: ResourceContent | undefined,
  current: ResourceContent | undefined,
): boolean {
  if (previous === undefined || current === undefined) return previous !== current;
  if (!isInstances(previous) || !isInstances(current)) {
    if (isInstances(previous) || isInstances(current)) return true;
    return isNotableValue(attributes, previous, current);
  }
  if (previous.size !== current.size) return true;
  for (const [id, value] of current) {
    const before = previous.get(id);
    if (before === undefined || isNotableValue(attributes, before, value)) return true;
  }
  return false;
}

function isNotableValue(
  { gt, lt, st, edge }: NotificationAttributes,
  previous: ResourceValue,
  current: ResourceValue,
): boolean {
  if (typeof current === 'boolean' && edge !== undefined) return current !== previous && current === (edge === 1);
  if (gt === undefined && lt === undefined && st === undefined) return !sameContent(previous, current);
  if (!isNumber(previous) || !isNumber(current)) return !sameContent(previous, current);
  const [before, after] = [Number(previous), Number(current)];
  return (
    (gt !== undefined && before > gt !== after > gt) ||
    (lt !== undefined && before < lt !== after < lt) ||
    (st !== undefined && after !== before && Math.abs(after - before) >= st)
  );
}

function isNumber(value: ResourceValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
