import type { Path } from '@flownexus/lwm2m-core';
import type { ObjectTree } from '../objects/object-tree.ts';
import type { AttributeStore } from './attribute-store.ts';

/** A version of LwM2M that a device can speak. */
export type Lwm2mVersion = '1.0' | '1.1' | '1.2';

/** What a device can do towards one server. */
export interface Capabilities {
  readonly lwm2mVersion: Lwm2mVersion;
  /** Content-Formats for values, the device's own choice for an answer first. */
  readonly contentFormats: readonly number[];
  /** The alternate path (TS Transport §6.4.1); `/` without one. */
  readonly rootPath: string;
}

/** A device as one server sees it: what the operations work on. */
export interface Device extends Capabilities {
  readonly tree: ObjectTree;
  /** The attributes that this server attached. */
  readonly attributes: AttributeStore;
}

/** Objects of bootstrap and security: no server may touch them (TS Core §6.3.1, §5.2). */
const RESTRICTED: ReadonlySet<number | undefined> = new Set([0, 21, 23]);

/** Whether the path is that of an Object for the bootstrap server alone. */
export function isRestricted(path: Path): boolean {
  return RESTRICTED.has(path.objectId);
}

/** Whether the device speaks LwM2M 1.2, or 1.1. */
export function speaks(device: Capabilities, version: '1.1' | '1.2'): boolean {
  return device.lwm2mVersion >= version;
}
