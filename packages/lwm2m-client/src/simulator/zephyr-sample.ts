import type { DefinitionSource, ObjectRegistry, ResourceValue } from '@flownexus/lwm2m-core';
import { ObjectTree } from '../objects/object-tree.ts';

/** What differs between two simulated devices. */
export interface SampleDevice {
  readonly serialNumber: string;
  readonly lifetime: number;
}

function instances(...values: readonly ResourceValue[]): ReadonlyMap<number, ResourceValue> {
  return new Map(values.entries());
}

/** The versions of the Objects that Zephyr has, of those in the sample. */
const ZEPHYR_VERSIONS: ReadonlyMap<number, string> = new Map([
  [0, '1.1'],
  [1, '1.1'],
  [3, '1.0'],
  [5, '1.0'],
  [3303, '1.0'],
  [3304, '1.0'],
]);

/** One view of a registry serves all devices. */
const views = new WeakMap<ObjectRegistry, DefinitionSource>();

function zephyrDefinitions(registry: ObjectRegistry): DefinitionSource {
  const view = views.get(registry) ?? registry.forVersions(ZEPHYR_VERSIONS);
  views.set(registry, view);
  return view;
}

/** The objects and values of Zephyr's `lwm2m_client` sample: 1, 3, 5, 3303 and 3304. */
export function zephyrSampleObjects(registry: ObjectRegistry, device: SampleDevice): ObjectTree {
  const tree = new ObjectTree(zephyrDefinitions(registry));
  tree.set('/1/0/0', 1);
  tree.set('/1/0/1', device.lifetime);
  tree.set('/1/0/2', 0);
  tree.set('/1/0/3', 0);
  tree.set('/1/0/5', 86_400);
  tree.set('/1/0/6', false);
  tree.set('/1/0/7', 'U');
  tree.set('/3/0/0', 'Zephyr');
  tree.set('/3/0/1', 'OMA-LWM2M Sample Client');
  tree.set('/3/0/2', device.serialNumber);
  tree.set('/3/0/3', '1.0');
  tree.set('/3/0/6', instances(1, 5));
  tree.set('/3/0/7', instances(3800, 5000));
  tree.set('/3/0/8', instances(125, 900));
  tree.set('/3/0/9', 95);
  tree.set('/3/0/10', 15);
  tree.set('/3/0/11', instances(0));
  tree.set('/3/0/16', 'U');
  tree.set('/3/0/17', 'qemu_x86');
  tree.set('/3/0/18', '1.0.1');
  tree.set('/3/0/20', 1);
  tree.set('/3/0/21', 25);
  tree.set('/5/0/1', '');
  tree.set('/5/0/3', 0);
  tree.set('/5/0/5', 0);
  tree.set('/3303/0/5700', 22.5);
  tree.set('/3303/0/5701', 'Cel');
  tree.set('/3304/0/5700', 55);
  tree.set('/3304/0/5701', '%RH');
  return tree;
}
