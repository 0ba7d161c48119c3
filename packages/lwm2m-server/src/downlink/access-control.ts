import type { ObjectInstanceNode, ResourceNode } from '@flownexus/lwm2m-core';
import type { Device, ReadOptions } from '../api/device.ts';

/** What a server may do with an Object Instance, or with an Object: Create alone (TS Core §8.1). */
export interface AccessRights {
  /** Read, Discover, Observe, Write-Attributes. */
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  readonly delete: boolean;
  readonly create: boolean;
}

/** What an instance of the Access Control Object says (/2). The device enforces it, not the server. */
export interface AccessControl {
  /** Its own instance of /2. */
  readonly accessControlId: number;
  readonly objectId: number;
  /** 65535 where it is about the Object: who may create instances. */
  readonly objectInstanceId: number;
  /** The Short Server ID of the owner, who may do everything and change the rights; 65535 is the Bootstrap-Server. */
  readonly owner: number;
  /** By Short Server ID. 0 is for every server that has no entry of its own. */
  readonly rights: ReadonlyMap<number, AccessRights>;
}

const ACCESS_CONTROL = '/2';
const OBJECT_ID = 0;
const OBJECT_INSTANCE_ID = 1;
const ACL = 2;
const OWNER = 3;

/** The bits of an ACL entry (TS Core, Appendix E.3). */
const BITS = { read: 1, write: 2, execute: 4, delete: 8, create: 16 } as const;

/**
 * Reads who may do what at a device: all instances of its Access Control Object that name an Object. Rejects as `Device.read`; a device with
 * one server need not have the Object, and answers 4.04 then: the one may do everything.
 *
 * @example
 * const controls = await readAccessControl(server.device('urn:imei:123456789012345'));
 * const mine = controls.find(({ objectId }) => objectId === 3)?.rights.get(101);
 * console.log(mine?.write);
 */
export async function readAccessControl(
  device: Pick<Device, 'read'>,
  options?: ReadOptions,
): Promise<readonly AccessControl[]> {
  const { node } = await device.read(ACCESS_CONTROL, options);
  return node.kind === 'object' ? node.instances.flatMap((instance) => accessControlOf(instance) ?? []) : [];
}

function accessControlOf({ id, resources }: ObjectInstanceNode): AccessControl | undefined {
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const objectId = numberOf(byId.get(OBJECT_ID));
  const objectInstanceId = numberOf(byId.get(OBJECT_INSTANCE_ID));
  const owner = numberOf(byId.get(OWNER));
  if (objectId === undefined || objectInstanceId === undefined || owner === undefined) return undefined;
  return { accessControlId: id, objectId, objectInstanceId, owner, rights: rightsOf(byId.get(ACL)) };
}

function rightsOf(acl: ResourceNode | undefined): ReadonlyMap<number, AccessRights> {
  const rights = new Map<number, AccessRights>();
  for (const { id, value } of acl?.kind === 'multipleResource' ? acl.instances : []) {
    if (typeof value === 'number') rights.set(id, accessRightsOf(value));
  }
  return rights;
}

/** The rights that the bits of an ACL entry give. */
function accessRightsOf(bits: number): AccessRights {
  const has = (bit: number): boolean => (bits & bit) !== 0;
  return {
    read: has(BITS.read),
    write: has(BITS.write),
    execute: has(BITS.execute),
    delete: has(BITS.delete),
    create: has(BITS.create),
  };
}

function numberOf(resource: ResourceNode | undefined): number | undefined {
  return resource?.kind === 'singleResource' && typeof resource.value === 'number' ? resource.value : undefined;
}
