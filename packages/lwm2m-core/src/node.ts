import type { Path } from './path.ts';
import type { ResourceType, ResourceValue } from './value.ts';

/** A Resource that has one value. */
export interface SingleResourceNode {
  readonly kind: 'singleResource';
  readonly id: number;
  readonly type: ResourceType;
  readonly value: ResourceValue;
}

/** One Resource Instance of a multiple Resource. */
export interface ResourceInstanceNode {
  readonly kind: 'resourceInstance';
  readonly id: number;
  readonly type: ResourceType;
  readonly value: ResourceValue;
}

/** A Resource with any number of Resource Instances, in ascending order of their ids. */
export interface MultipleResourceNode {
  readonly kind: 'multipleResource';
  readonly id: number;
  readonly type: ResourceType;
  readonly instances: readonly ResourceInstanceNode[];
}

export type ResourceNode = SingleResourceNode | MultipleResourceNode;

/** An Object Instance with its Resources in ascending order of their ids. */
export interface ObjectInstanceNode {
  readonly kind: 'objectInstance';
  readonly id: number;
  readonly resources: readonly ResourceNode[];
}

/** An Object with its Object Instances in ascending order of their ids. */
export interface ObjectNode {
  readonly kind: 'object';
  readonly id: number;
  readonly instances: readonly ObjectInstanceNode[];
}

/** Everything a device has, or what a composite operation spans. */
export interface RootNode {
  readonly kind: 'root';
  readonly objects: readonly ObjectNode[];
  /** The devices behind a gateway, when there are values of them. */
  readonly iotDevices?: readonly IotDeviceNode[];
}

/** What a gateway has of a device behind it (TS Gateway §6), known by the prefix of its paths. */
export interface IotDeviceNode {
  readonly prefix: string;
  readonly objects: readonly ObjectNode[];
}

/** The data of a device at one level of its tree. */
export type Lwm2mNode = RootNode | ObjectNode | ObjectInstanceNode | ResourceNode | ResourceInstanceNode;

/** One value at one time: what a payload is made of when nothing of it may get lost. */
export interface ResourceRecord {
  /** The path of a Resource or a Resource Instance. */
  readonly path: Path;
  readonly type: ResourceType;
  readonly value: ResourceValue;
  /** The device's own time for the value in seconds since 1970, when it sent one. */
  readonly time: number | undefined;
}

/** A Resource Instance, or what else a device allows, that is to be removed (TS Core 1.2 §6.3.10). */
export interface ResourceRemoval {
  readonly path: Path;
  readonly value: null;
}

/** What a composite write does to one path. */
export type ResourceChange = ResourceRecord | ResourceRemoval;

/** A decoded payload. */
export interface DecodedPayload {
  /** The tree below the requested path, with the newest value of each Resource. */
  readonly node: Lwm2mNode;
  /** Every value in the order of the payload, several times of one Resource included. */
  readonly records: readonly ResourceRecord[];
}
