import { Code } from '@flownexus/coap';
import {
  ContentFormat,
  encodePayload,
  parsePath,
  ROOT_PATH,
  type ObjectInstanceNode,
  type ObjectRegistry,
  type RootNode,
} from '@flownexus/lwm2m-core';
import { RefusalError } from '../registration/refusal-error.ts';
import type { BootstrapConfiguration } from './bootstrap-configuration.ts';
import { isUnnamed, repeatedSteps, withIds, type BootstrapStep } from './bootstrap-plan.ts';
import { PACK_FORMATS } from './write-formats.ts';

/** A pack as it goes on the wire. */
export interface EncodedPack {
  readonly contentFormat: number;
  readonly payload: Uint8Array;
}

/**
 * All Object Instances of a configuration in one payload. `accept` is the format that the device asks for, `accounts` are the ids of the accounts of
 * Bootstrap-Servers in its Security Object.
 *
 * @throws RefusalError 4.06 for another format, 4.05 when the device does not say which ids it keeps and the configuration depends on it: then it is written in a
 * session, with a Discover
 */
export function encodePack(
  configuration: BootstrapConfiguration,
  { accept, accounts }: { readonly accept: number | undefined; readonly accounts: readonly number[] | undefined },
  objects: ObjectRegistry,
): EncodedPack {
  const [preferred = ContentFormat.SENML_CBOR] = PACK_FORMATS;
  const contentFormat = accept ?? preferred;
  if (!PACK_FORMATS.includes(contentFormat)) {
    throw new RefusalError(Code.NOT_ACCEPTABLE, `a pack is in one of ${PACK_FORMATS.join(', ')}`);
  }
  if (accounts === undefined && configuration.instances.some((instance) => isUnnamed(instance))) {
    throw new RefusalError(Code.METHOD_NOT_ALLOWED, 'this configuration takes a Bootstrap-Request');
  }
  const kept = (accounts ?? []).map((id) => ({ target: `/0/${id}`, attributes: {} }));
  const tree = treeOf(withIds(repeatedSteps(configuration), kept));
  return { contentFormat, payload: encodePayload(tree, contentFormat, ROOT_PATH, objects) };
}

function treeOf(steps: readonly BootstrapStep[]): RootNode {
  const byObject = new Map<number, ObjectInstanceNode[]>();
  for (const step of steps) {
    if (step.operation !== 'write') continue;
    const { objectId = 0 } = parsePath(step.path);
    const instances = byObject.get(objectId);
    if (instances === undefined) byObject.set(objectId, [step.instance]);
    else instances.push(step.instance);
  }
  const objects = [...byObject].map(([id, instances]) => {
    return { kind: 'object', id, instances: instances.toSorted((a, b) => a.id - b.id) } as const;
  });
  return { kind: 'root', objects: objects.toSorted((a, b) => a.id - b.id) };
}
