import {
  attributesOfLink,
  parsePath,
  pathLevel,
  pathStartsWith,
  UNASSIGNED_INSTANCE_ID,
  type Link,
  type ObjectInstanceNode,
  type Path,
} from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import type { BootstrapConfiguration, BootstrapInstance, BootstrapQuery } from './bootstrap-configuration.ts';

/** One request of a bootstrap session. */
export type BootstrapStep =
  | { readonly operation: 'read' | 'delete'; readonly path: string }
  /** Whether it is for finding ids that are free, and the session depends on it. */
  | { readonly operation: 'discover'; readonly path: string; readonly forIds?: boolean }
  /** The path is of an Object as long as the id of the instance is not known. */
  | { readonly operation: 'write'; readonly path: string; readonly instance: ObjectInstanceNode }
  | { readonly operation: 'finish'; readonly path: '/bs' };

/** What is deleted unless the configuration says otherwise. */
export const DEFAULT_DELETES: readonly string[] = ['/0', '/1'];
/** Accounts, and what they refer to, before what is guarded by them: TS Core §6.1.7 has no order, clients do. */
const OBJECT_ORDER: readonly number[] = [0, 21, 23, 24, 1, 2];
/** Objects of which a device keeps what belongs to the account of its Bootstrap-Server (TS Core §6.1.7). */
const ACCOUNT_OBJECTS: readonly number[] = [0, 21, 23, 24];

/**
 * All requests of a session in their order (TS Core §6.1.7): Discover, Delete, Write, Read, Finish. Where Object Instances have no id yet there is a Discover of their Object
 * before the first Delete: a device that can not be asked loses nothing.
 */
export function stepsOf(configuration: BootstrapConfiguration): readonly BootstrapStep[] {
  return [...queriesAt(configuration, 'first'), ...repeatedSteps(configuration)];
}

/**
 * The same steps for a device that has not proven its address: a Write of keys is many times as large as a Bootstrap-Request, and is sent again and again to whoever
 * was named as its sender (RFC 7252 §11.3). Where it would be the first a Discover is, which any answer will do for.
 */
export function withSmallFirst(steps: readonly BootstrapStep[]): readonly BootstrapStep[] {
  const [first] = steps;
  const isLarge = first?.operation === 'write' && bytesOf(first.instance) > limits.maxUnprovenWriteBytes;
  return isLarge ? [{ operation: 'discover', path: '/0' }, ...steps] : steps;
}

/** What is done once more where the device found its configuration inconsistent: everything but the questions that are asked first. */
export function repeatedSteps(configuration: BootstrapConfiguration): readonly BootstrapStep[] {
  const deletes = configuration.deletes ?? DEFAULT_DELETES;
  const unnamed = configuration.instances.filter((instance) => isUnnamed(instance)).map(({ path }) => path);
  return [
    ...[...new Set(unnamed)].map((path): BootstrapStep => ({ operation: 'discover', path, forIds: true })),
    ...deletes.map((path): BootstrapStep => ({ operation: 'delete', path })),
    ...queriesAt(configuration, 'afterDeletes'),
    ...inOrder(configuration.instances).map(toWrite),
    ...queriesAt(configuration, 'beforeFinish'),
    { operation: 'finish', path: '/bs' },
  ];
}

/** The Writes of a configuration, with any ids for the Object Instances that have none. */
export function writesOf(
  configuration: BootstrapConfiguration,
): readonly Extract<BootstrapStep, { operation: 'write' }>[] {
  return withIds(inOrder(configuration.instances).map(toWrite), []).filter((step) => step.operation === 'write');
}

/** Of the texts and bytes of an Object Instance: what makes it large. */
function bytesOf({ resources }: ObjectInstanceNode): number {
  const values = resources.flatMap((resource) =>
    resource.kind === 'singleResource' ? [resource.value] : resource.instances.map(({ value }) => value),
  );
  return values.reduce<number>((sum, value) => {
    if (typeof value === 'string') return sum + Buffer.byteLength(value);
    return value instanceof Uint8Array ? sum + value.length : sum;
  }, 0);
}

/** Asks for everything that a device has (TS Core §6.1.7): in the place of Discovers of single Objects that it has refused. */
export function withDiscoverOfAll(steps: readonly BootstrapStep[]): readonly BootstrapStep[] {
  return [{ operation: 'discover', path: '/', forIds: true }, ...steps.filter((step) => !isForIds(step))];
}

/** Whether a step is there to find ids that are free. */
export function isForIds(step: BootstrapStep): boolean {
  return step.operation === 'discover' && step.forIds === true;
}

/** Whether the id of an Object Instance that is written is still to be found. */
export function isUnnamed({ path }: Pick<BootstrapInstance, 'path'>): boolean {
  return pathLevel(parsePath(path)) === 1;
}

/**
 * The steps with an id for each Object Instance that has none: the lowest that no other step writes and that the device, by the links of its
 * Bootstrap-Discover, does not still have after the Deletes.
 */
export function withIds(steps: readonly BootstrapStep[], links: readonly Link[]): readonly BootstrapStep[] {
  const deleted = steps.filter(({ operation }) => operation === 'delete').map(({ path }) => parsePath(path));
  const kept = links.filter((link) => survives(link, deleted)).map(({ target }) => pathOfLink(target));
  const written = steps.filter(({ operation }) => operation === 'write').map(({ path }) => parsePath(path));
  const taken = new Set([...kept, ...written].map((path) => `${path?.objectId}/${path?.objectInstanceId}`));
  return steps.map((step) => {
    if (step.operation !== 'write' || !isUnnamed(step)) return step;
    const { objectId } = parsePath(step.path);
    let id = 0;
    while (taken.has(`${objectId}/${id}`)) id += 1;
    taken.add(`${objectId}/${id}`);
    return { ...step, path: `/${objectId}/${id}`, instance: { ...step.instance, id } };
  });
}

/** TS Core §6.1.7: a Delete spares the account of the Bootstrap-Server, which is the one without a Short Server ID. */
function survives(link: Link, deleted: readonly Path[]): boolean {
  const path = pathOfLink(link.target);
  if (path === undefined || pathLevel(path) !== 2) return false;
  if (!deleted.some((base) => pathStartsWith(path, base))) return true;
  const isOfAccount = path.objectId !== undefined && ACCOUNT_OBJECTS.includes(path.objectId);
  return isOfAccount && attributesOfLink(link).attributes.ssid === undefined;
}

/** Undefined for a target that is no path. */
function pathOfLink(target: string): Path | undefined {
  try {
    return parsePath(target);
  } catch {
    return undefined;
  }
}

function queriesAt({ queries = [] }: BootstrapConfiguration, when: BootstrapQuery['when']): readonly BootstrapStep[] {
  return queries
    .filter((query) => (query.when ?? (query.operation === 'discover' ? 'first' : 'beforeFinish')) === when)
    .map(({ operation, path }): BootstrapStep => ({ operation, path }));
}

function inOrder(instances: readonly BootstrapInstance[]): readonly BootstrapInstance[] {
  const rank = ({ path }: BootstrapInstance): number => {
    const index = OBJECT_ORDER.indexOf(parsePath(path).objectId ?? -1);
    return index < 0 ? OBJECT_ORDER.length : index;
  };
  return instances.toSorted((a, b) => rank(a) - rank(b));
}

function toWrite({ path, resources }: BootstrapInstance): BootstrapStep {
  const id = parsePath(path).objectInstanceId ?? UNASSIGNED_INSTANCE_ID;
  const sorted = resources.toSorted((a, b) => a.id - b.id);
  return { operation: 'write', path, instance: { kind: 'objectInstance', id, resources: sorted } };
}
